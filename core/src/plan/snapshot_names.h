// SPDX-License-Identifier: MIT
// Snapshots that have other names at the source by now (`zfs rename`, names that go round such as @today, @yesterday),
// or whose names others bear there now. Pure.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "zfs/inventory.h"

namespace czb {

struct NewNames {
  // Of the target's dataset: no snapshot of the source's, and others come to have the name of it. They come first.
  std::vector<const Snapshot*> in_the_way;
  // From and to, in an order in which each name is free when its turn comes.
  std::vector<std::pair<std::string, std::string>> renames;
};

// What has to become of the names at the target once nothing is in the way. `common`: the newest that both have, the
// source's; what the target has beyond it is left out.
NewNames new_names(const Dataset& here, const Dataset& there, const Snapshot& common);

// The snapshots at the target whose names newer ones of the source will come with, whatever they are.
std::vector<const Snapshot*> bearing_names_to_come(const Dataset& here, const Dataset& there, const Snapshot& common);

}  // namespace czb
