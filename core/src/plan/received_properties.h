// SPDX-License-Identifier: MIT
// The properties of a target (TargetConfig::properties), as the receive of one dataset takes them.
#pragma once

#include "zfs/commands.h"
#include "zfs/inventory.h"

namespace czb {

// A replication stream sets them on the root, and lets the children inherit; zfs itself leaves out what does not apply
// to a volume. A stream of one dataset has to be told: for the root what applies to its kind, for a child "inherit"
// (-x) where a property can be inherited, and nothing where it cannot. The outcome is the same.
ReceivedProperties properties_for(const ReceivedProperties& configured, DatasetKind kind, bool is_root);

}  // namespace czb
