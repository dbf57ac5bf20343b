// SPDX-License-Identifier: MIT
// The conformance kit without a test framework: what the interface headers promise of a transport, a naming or a
// retention, as checks that can be run on any plugin file. conformance.h makes GoogleTests of them;
// `cyber-zfs-backup plugins test FILE` runs the same.
//
// Each check runs in a forked process that loads the plugin anew and makes instances of its own. So a check that
// crashes, hangs or leaves processes behind is a finding like any other, and hurts none of the rest. No code of the
// plugin runs in the calling process, which should have no other threads.
//
// Needs the library cyber-zfs-backup-conformance.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace czb::testing {

struct ConformanceSettings {
  unsigned cycles = 1000;                               // transports: commands that are started and waited for
  std::uint64_t stream_bytes = std::uint64_t{1} << 26;  // transports: so much goes each way, at once
  std::chrono::seconds patience{60};                    // for an answer, or for a stream that does not move
  std::chrono::seconds limit{900};                      // for one check; then it is ended, and has failed
};

struct ConformanceCheck {
  std::string name;     // "transport/argv"
  std::string promise;  // a sentence: what holds where it passes
};

enum class ConformanceOutcome {
  passed,
  failed,          // `findings` say what is wrong
  not_applicable,  // `findings` say why
  refused,         // the program would not load or make this plugin, with these options: `findings` say why
};

struct ConformanceResult {
  ConformanceOutcome outcome = ConformanceOutcome::passed;
  std::vector<std::string> findings;
};

// The checks of the plugin's kind, told by the file's name alone: KIND-ID.so. The first is KIND/loads. Throws
// std::runtime_error for another name.
std::vector<ConformanceCheck> conformance_checks(const std::string& file);

// Runs the check of this name. `options_yaml`: the plugin's options as in the configuration, "{use-sudo: true}", or
// empty. Throws std::runtime_error where there is no such check, or where the machine gives no process or folder.
ConformanceResult run_conformance_check(const std::string& file, const std::string& options_yaml,
                                        const std::string& name, const ConformanceSettings& settings = {});

}  // namespace czb::testing
