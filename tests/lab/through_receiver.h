// SPDX-License-Identifier: MIT
// A job's way through the restricted receiver, without root on either side: any test of a push can go it.
#pragma once

#include <map>
#include <set>
#include <string>

#include "process.h"

namespace czb::lab {

// Relative name → "NAME GUID" of its snapshots, oldest first.
using Tree = std::map<std::string, Words>;

// From the first run of a job on, the program runs as the system user with what a sender needs on its source, and the
// target is the root of a receiver, as that user too.
class ThroughReceiver {
 public:
  // "append-only", "mirror"; empty: not that way at all, all as root.
  explicit ThroughReceiver(std::string mode) : mode_(std::move(mode)) {}
  // Takes back what was allowed.
  ~ThroughReceiver();
  ThroughReceiver(const ThroughReceiver&) = delete;
  ThroughReceiver& operator=(const ThroughReceiver&) = delete;
  ThroughReceiver(ThroughReceiver&&) = delete;
  ThroughReceiver& operator=(ThroughReceiver&&) = delete;

  bool used() const { return !mode_.empty(); }
  void use(const std::string& mode) { mode_ = mode; }

  // The ssh_config whose "offsite" is the receiver with this root. `folder` is given to the system user: its YAML, keys
  // and logs.
  std::string ssh_config(const std::string& source, const std::string& target, const std::string& folder);
  // The program and its arguments as that user.
  Words command(const Words& program) const;

  // Datasets that are gone at the source stay at the target, and with append-only the snapshots, too: this is what it
  // has now.
  void remember(const Tree& source);
  // Whether the snapshots that the target has of a dataset are those of the source, in their order, and with
  // append-only beside them only what it may keep.
  bool agrees(const std::string& name, const Words& source, const Words& target) const;
  // Whether the source has had all of these.
  bool may_keep(const std::string& name, const Words& snapshots) const;

 private:
  std::string mode_;
  std::set<std::string> sources_;                   // where the sender's permissions are given
  std::map<std::string, std::string> ssh_configs_;  // by target
  std::map<std::string, std::set<std::string>> had_;
};

}  // namespace czb::lab
