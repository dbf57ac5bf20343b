// SPDX-License-Identifier: MIT
// A small tree of every kind of dataset, its backup by the restricted receiver, and what somebody at the source can
// make of it all: the ground on which forgeries are tried.
#pragma once

#include <string>

#include "forger.h"
#include "invariant.h"
#include "receiver_key.h"

namespace czb::lab {

struct GroundShape {
  bool encrypted = false;  // all of it; "x" with a key of its own
  bool as_root = true;     // else the receiver has what `zfs allow` gives the system user
};

class ForgeryGround {
 public:
  // `source`, `root`: names of datasets that are not there; `folder`: for keys and the receiver's state. The backup has
  // the snapshots 1 and 2, the source one more.
  ForgeryGround(const std::string& source, const std::string& root, const std::string& folder, GroundShape shape);
  ~ForgeryGround();
  ForgeryGround(const ForgeryGround&) = delete;
  ForgeryGround& operator=(const ForgeryGround&) = delete;

  const ForgersGround& forgers() const { return forgers_; }
  void change_records(bool yes) { forgers_.changes_records = yes; }
  const ReceiverKey& key() const { return key_; }
  // With which the backup was made.
  const Words& genuine() const { return genuine_; }

  // Sentences on what cannot be read as it was: keys that do not fit, and with `all` files of all snapshots, and
  // snapshots whose streams are not the same.
  Words unreadable(bool all) const;
  // Of another place where the same has been received.
  Words keys_that_do_not_fit(const std::string& root) const;

 private:
  void make_source();
  void make_backup();
  void collect();
  std::string send(const Words& words) const;
  void take_stream(const Words& send, const std::string& dataset);

  std::string source_;
  std::string attackers_;
  std::string root_;
  std::string folder_;
  GroundShape shape_;
  ReceiverKey key_;
  ForgersGround forgers_;
  Words genuine_;
  std::map<std::string, std::string> files_;  // snapshot of the backup → its file's content
};

}  // namespace czb::lab
