// SPDX-License-Identifier: MIT
// What the receiver promises (docs/security.md), held to the full state of a pool before and after.
#pragma once

#include <map>
#include <string>

#include "process.h"

namespace czb::lab {

struct StatedProperty {
  std::string value;
  std::string received;
  std::string source;
  bool operator==(const StatedProperty&) const = default;
};

// Dataset, snapshot or bookmark → property → what it is.
using PoolState = std::map<std::string, std::map<std::string, StatedProperty>>;

// All datasets, snapshots and bookmarks with all properties. A value of several lines
// tells of more datasets than there are.
PoolState look_at(const std::string& pool);

// Sentences on what of `before` is not in `after` as it was:
// - each dataset, snapshot and bookmark is there, with its guid, origin, key, encryption root, and all else that is not
//   a matter of space or a stream's to set on a dataset;
// - snapshots have all their properties as they were, and so has all that is not in `root`.
Words changes(const PoolState& before, const PoolState& after, const std::string& root);

// The same, and on what has come and may not be so: nothing has come outside of `root`, nothing is mounted, nothing has
// a property of its own but those that the receiver forces, and these are in effect, no user property has come under a
// name that other programs may obey, and nothing weakens what is to come.
Words broken_promises(const PoolState& before, const PoolState& after, const std::string& root);

// What has come.
Words additions(const PoolState& before, const PoolState& after);

// Takes away what has come, so that the next one finds it as it was: one channel program, and one command for each rest
// of an interrupted receive. Received values of properties stay.
void take_away(const PoolState& before, const PoolState& after, const std::string& script_file);

}  // namespace czb::lab
