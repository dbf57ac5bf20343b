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

// A replication stream sets them on the root, and leaves them out (-x) for every dataset; what has a value comes to the
// children from the root where it can be inherited, and from the source where it cannot, such as a quota. zfs itself
// leaves out what does not apply to a volume. A stream of one dataset has to be told: for the root what applies to its
// kind, for a child -x where the root has no value or the child inherits it. The outcome is the same
// (tests/lab/received_properties_test.cpp).
ReceivedProperties properties_for(const ReceivedProperties& configured, DatasetKind kind, bool is_root);

// Of a quota, refquota, reservation or refreservation without a value. zfs receive leaves it out of a dataset's first
// stream, but of an increment only where a value had been received before: one of two brings it. So it is none for
// each dataset (`-o refreservation=none`), which a stream of a tree says to its root alone: then datasets go one by
// one. A restricted receiver takes it out of the stream's header, so there neither is needed.
bool holds_only_one_by_one(const ReceivedProperties& configured, const std::optional<ReceiverMode>& receiver);
// Of one dataset (properties_for).
ReceivedProperties held_one_by_one(ReceivedProperties properties, const std::optional<ReceiverMode>& receiver);

// Of the configured ones those that may be asked for, and the names of the others. A restricted receiver sets no user
// property (`-o`) because a sender says so: it would be local there, as if the administrator of that host had set it;
// and of native ones none that would weaken what is to come, or that is that host's alone (zfs/settable.h).
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
