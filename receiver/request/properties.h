// SPDX-License-Identifier: MIT
// Which properties a sender may set, and which the receiver sets or leaves out whatever the sender says. The lists are
// in properties.cpp, each with its reason. Native properties and their kinds: zfsprops(7), OpenZFS 2.1 to 2.4.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>

#include "zfs/commands.h"
#include "zfs/inventory.h"

namespace czb::receiver {

// Whether a sender may ask for `-o name=value`, or without a value for `-x name`.
bool may_be_asked_for(const std::string& name, const std::optional<std::string>& value);

// What the receiver sets on the top dataset of every stream but the rest of an interrupted one; children inherit.
// Nothing that was received is mounted, run or shared, and no volume has a device node.
ReceivedProperties forced_properties(DatasetKind kind);

// Whether a native property of a stream's header goes on to zfs in ours: what is known to be harmless.
bool is_harmless(const std::string& name);

// Whether a harmless one has a value that weakens what is still to come: checksum=off and the like. `number`: as the
// header has it; nothing where it has a text there, which zfs send does not write.
bool weakens(const std::string& name, const std::optional<std::uint64_t>& number);

// The properties of the receive that is run: those that the sender asked for, and the forced ones over them.
// `in_stream`: the names of all native and user properties that occur in the stream, for any dataset; throws Refused
// where one is none that a stream of zfs send has. No `-x`: what is not to come is not in the header that zfs gets
// (not_wanted_of, stream/kept_properties.h), and so neither a permission is needed for it, nor is anything of this
// host's own touched.
ReceivedProperties receive_properties(const ReceivedProperties& asked, DatasetKind kind,
                                      const std::set<std::string>& in_stream);

// What a sender asked to be left out of its stream (`-x`).
std::set<std::string> not_wanted_of(const ReceivedProperties& asked);

}  // namespace czb::receiver
