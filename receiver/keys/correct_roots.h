// SPDX-License-Identifier: MIT
// Carries out encryption_roots.h: looks, and runs zfs receive with our own package where something has to change.
#pragma once

#include <set>
#include <string>
#include <utility>

#include "error.h"
#include "receiver/host/client_words.h"
#include "receiver/keys/encryption_roots.h"
#include "receiver/stream/stream_rules.h"

namespace czb::receiver {

// zfs ended with an error: some of what was to change may have.
class RootsNotSet : public Error {
 public:
  RootsNotSet(const std::string& why, std::set<std::string> intended)
      : Error(ExitCode::failed, why), intended_(std::move(intended)) {}
  const std::set<std::string>& intended() const { return intended_; }

 private:
  std::set<std::string> intended_;
};

// `now`: the tree of `dataset`, listed after all has come that came. The full names of what has changed: none where the
// top itself has not come. Throws Error (failed) when something did not, and Interrupted.
std::set<std::string> correct_encryption_roots(const std::string& zfs, const Package& package,
                                               const std::string& dataset, const PresentTree& now,
                                               const MayBecome& may_become, ClientWords& words);

}  // namespace czb::receiver
