// SPDX-License-Identifier: MIT
// The properties of a target (TargetConfig::properties), as the receive of one dataset takes them.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "zfs/commands.h"
#include "zfs/inventory.h"
#include "zfs/receiver.h"
#include "zfs/user_properties.h"

namespace czb {

// A replication stream sets them on the root, and lets the children inherit; zfs itself leaves out what does not apply
// to a volume. A stream of one dataset has to be told: for the root what applies to its kind, for a child "inherit"
// (-x) where a property can be inherited, and nothing where it cannot. The outcome is the same.
ReceivedProperties properties_for(const ReceivedProperties& configured, DatasetKind kind, bool is_root);

// Of the configured ones those that may be asked for, and the names of the others. A restricted receiver sets no user
// property (`-o`) because a sender says so: it would be local there, as if the administrator of that host had set it.
// `receiver`: nothing where there is none, and then all may be asked for.
ReceivedProperties askable_properties(const ReceivedProperties& configured,
                                      const std::optional<ReceiverMode>& receiver);
std::vector<std::string> left_out_properties(const ReceivedProperties& configured,
                                             const std::optional<ReceiverMode>& receiver);

// What a receiver with these names will make of the user properties that the source has, as a note: which it keeps
// under other names, and which it leaves out for their names alone. Empty: nothing that matters. Ours count for
// nothing: they are of the source's own backups.
std::string kept_names_note(const std::set<std::string>& properties, const OwnNames& own);

}  // namespace czb
