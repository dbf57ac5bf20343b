// SPDX-License-Identifier: MIT
// A check of the conformance kit: a promise of the interface headers, and the function that looks whether a plugin
// keeps it. The checks of a kind stand in one table each, in the file of the kind's name.
#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "cyber-zfs-backup/abi.h"
#include "cyber-zfs-backup/testing/run_conformance.h"

namespace czb::conformance {

using Outcome = testing::ConformanceOutcome;
using Result = testing::ConformanceResult;
using Settings = testing::ConformanceSettings;

class Subject;

// What a check found wrong, a sentence each. The first few are kept, the others counted.
class Findings {
 public:
  void add(const std::string& finding) {
    if (++count_ <= most) kept_.push_back(finding);
  }
  void expect(bool holds, const std::string& otherwise) {
    if (!holds) add(otherwise);
  }
  bool empty() const { return count_ == 0; }
  std::vector<std::string> take() {
    if (count_ > most) kept_.push_back("and " + std::to_string(count_ - most) + " more of these");
    return std::move(kept_);
  }

 private:
  static constexpr std::size_t most = 6;
  std::vector<std::string> kept_;
  std::size_t count_ = 0;
};

// Thrown by a check that cannot go on: its sentence becomes the last finding.
class Failure : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Thrown by a check that has nothing to look at, with the reason.
class NotApplicable : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct Check {
  const char* name;     // KIND/WORDS, of [a-z0-9-]
  const char* promise;  // one sentence
  void (*run)(Subject& subject, Findings& findings);
  bool rest_needs_it = false;  // where it fails, there is no use in those that follow
};

// In the order in which they are run; the first is KIND/loads.
const std::vector<Check>& transport_checks();
const std::vector<Check>& naming_checks();
const std::vector<Check>& retention_checks();
const std::vector<Check>& checks_of(PluginKind kind);

}  // namespace czb::conformance
