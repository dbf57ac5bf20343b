// SPDX-License-Identifier: MIT
// Strict reading of a YAML tree: says where, in what, what was expected and what was found. All of
// it throws Error (usage) of the form "PATH:LINE:COLUMN: …".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/mistakes.h"
#include "config/yaml_node.h"

namespace czb {

// What stands there, for messages: "nothing", "a list", "a map", or the text in quotes.
std::string description_of(const YamlNode& node);

[[noreturn]] void fail_at(const std::string& path, const YamlNode& node, const std::string& message);

// "PATH:LINE:COLUMN: SUBJECT: expected EXPECTED, found …"
[[noreturn]] void fail_expected(const std::string& path, const YamlNode& node, const std::string& subject,
                                const std::string& expected);

// The text of a scalar; null is not text.
const std::string& text_of(const std::string& path, const YamlNode& node, const std::string& subject,
                           const std::string& expected);

// The entries of a map. `subject` is what the map describes ("job 'zippy'"). Node and path must
// outlive it.
class YamlMap {
 public:
  YamlMap(const std::string& path, const YamlNode& node, std::string subject);

  // Any key that is not one of these is a mistake.
  void allow_only(const std::vector<std::string_view>& keys, Mistakes& mistakes) const;

  // Null where the key is absent; a written null is a node of kind null.
  const YamlNode* find(std::string_view key) const;

  // "'dataset' of job 'zippy'", the subject of messages on one entry.
  std::string subject_of(std::string_view key) const;

  const YamlNode& node() const { return node_; }
  const std::string& subject() const { return subject_; }

 private:
  const std::string& path_;
  const YamlNode& node_;
  std::string subject_;
};

}  // namespace czb
