// SPDX-License-Identifier: MIT
// Where one dataset of the target stands beside the source's. Pure.
#pragma once

#include <optional>
#include <string>

#include "zfs/inventory.h"

namespace czb {

// Why nothing may be sent to a dataset.
enum class Obstacle {
  none,
  nothing_in_common,  // both sides have snapshots, and no guid in common
  diverged,           // the target has snapshots after the newest common one
  modified,           // the target was written to since its newest snapshot
  no_snapshots,       // it exists at the target without a snapshot, and nobody was receiving it
  name_too_long,      // what would be sent can have no name there
};

struct Position {
  const Dataset* here = nullptr;
  const Dataset* there = nullptr;      // null: the target lacks it
  const Snapshot* common = nullptr;    // newest common one, of the source's
  const Bookmark* bookmark = nullptr;  // of the target's newest snapshot, where the snapshot itself is gone
  const Snapshot* resumed = nullptr;   // that an interrupted receive will finish
  Obstacle obstacle = Obstacle::none;
  std::optional<std::string> name_error;  // of name_too_long: a sentence

  // What the target has once an interrupted receive is finished; null: nothing, or a bookmark's.
  const Snapshot* reached() const { return resumed != nullptr ? resumed : bookmark != nullptr ? nullptr : common; }
};

Position position_of(const Inventory& source, const Inventory& target, const std::string& relative);

// Why the target's dataset `name` can hold no snapshot of one of these names, as a whole sentence: those of `here` that
// are newer than `common`, or all where that is null.
std::optional<std::string> name_error(const std::string& name, const Dataset& here, const Snapshot* common);

// The snapshot that the source can finish of what the target has received in part: it is this dataset's still (by guid;
// zfs finds it under a new name too), and the target still has what the stream begins from. Null: it cannot.
const Snapshot* finishes_with(const Inventory& source, const std::string& relative, const Dataset& there);

// The dataset and snapshot of the source that `here` is a clone of, where that is in the tree.
struct OriginInTree {
  std::string relative;
  const Snapshot* snapshot = nullptr;
};
std::optional<OriginInTree> origin_in_tree(const Inventory& source, const Dataset& here);

// Whether zfs receive finds the origin of a new clone (relative names). It looks below each parent of the clone in
// turn, and leaves out what it has been through by its last name: whatever else is called so there as well (libzfs's
// guid_to_name). So it never finds one in deleted/containers for a clone in containers.
bool receive_finds_origin(const std::string& clone, const std::string& origin);

}  // namespace czb
