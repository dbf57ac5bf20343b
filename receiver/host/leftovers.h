// SPDX-License-Identifier: MIT
// What the state folder keeps for names goes with the names: whoever has the key can name any number of datasets that
// never come to be.
#pragma once

#include <set>
#include <string>

#include "execute/dataset_lock.h"
#include "receiver/options.h"

namespace czb::receiver {

// While a receive goes on: unless it is told that all went well, it looks at its end which of the names are there, and
// removes lock and key files of the others. Not after a signal, and not where zfs does not tell.
class Leftovers {
 public:
  // `lock`: of `locked`. Both outlive this.
  Leftovers(const Options& options, std::string locked, DatasetLock& lock);
  ~Leftovers();
  Leftovers(const Leftovers&) = delete;
  Leftovers& operator=(const Leftovers&) = delete;

  // A key file may be written for a dataset that was not there.
  void may_key(const std::string& dataset) { keyed_.insert(dataset); }
  void all_well() { well_ = true; }

 private:
  void remove() const;

  const Options& options_;
  std::string locked_;
  DatasetLock& lock_;
  std::set<std::string> keyed_;
  bool well_ = false;
};

}  // namespace czb::receiver
