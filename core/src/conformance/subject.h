// SPDX-License-Identifier: MIT
// The plugin that is tested: from a file's name and options as somebody wrote them to instances.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "conformance/check.h"
#include "plugin/registry.h"

namespace czb::conformance {

// What to test. Nothing of it has been looked at.
struct Candidate {
  std::string folder;  // absolute
  PluginKind kind = PluginKind::transport;
  PluginChoice choice;             // the id, and the options of the YAML text
  std::vector<std::string> words;  // further options, NAME=VALUE each; a list is given word by word
};

// `file`: absolute or relative. Throws Error (usage) where its name is not KIND-ID.so, or the YAML is not a map of
// options.
Candidate candidate_of(const std::string& file, const std::string& options_yaml);

class Subject {
 public:
  // Loads the plugin as the program would, with the same refusals, and converts the options. Throws Error (usage).
  Subject(Candidate candidate, const Settings& settings, const std::string& run_directory);

  // A new instance each time. Throws Error (usage) where the plugin refuses its options.
  std::shared_ptr<Transport> transport() { return registry_.create_transport(candidate_.choice); }
  std::shared_ptr<Naming> naming() { return registry_.create_naming(candidate_.choice); }
  std::shared_ptr<Retention> retention() { return registry_.create_retention(candidate_.choice); }

  const Settings& settings() const { return settings_; }

 private:
  Candidate candidate_;
  Settings settings_;
  PluginRegistry registry_;
};

}  // namespace czb::conformance
