// SPDX-License-Identifier: MIT
// Plays sessions on a pool: straight into libzfs, or past what the receiver does with them.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "libzfs/key_files.h"
#include "libzfs/receive.h"
#include "libzfs/session.h"

namespace czb::libzfs {

// What the receiver's host keeps between sessions.
struct Host {
  Version version = Version::v2_1;
  bool has_asked_version = false;  // else the other one does the same
  Pool pool;
  KeyFiles key_files;
  // Of each session that runs: the dataset that it holds, and whether all below it too.
  std::vector<std::pair<std::string, bool>> locks;
};

struct Outcome {
  std::string refusal;  // the receiver's; empty: it refused nothing
  bool reached_zfs = false;
  bool well = false;
  std::string alarm;
  std::set<std::string> addressed;  // datasets that a stream of it was taken for, by names here
};

// One session, in parts, between which others may do theirs: its head, each of its streams, its end.
class Play {
 public:
  virtual ~Play() = default;
  // Plays the next part. False: that was the last.
  virtual bool step() = 0;
  virtual const Outcome& outcome() const = 0;
};

std::unique_ptr<Play> straight(Host& host, const Session& session);
std::unique_ptr<Play> through_receiver(Host& host, const Session& session);

}  // namespace czb::libzfs
