// SPDX-License-Identifier: MIT
// Which properties a sender may set, and which the receiver sets or leaves out whatever the sender says. The lists are
// in properties.cpp, each with its reason. Native properties and their kinds: zfsprops(7), OpenZFS 2.1 to 2.4.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
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

// Whether a native property of a stream's header goes on to zfs in ours: what is known to be harmless. Whatever -x
// leaves out besides: zfs heeds -x only for properties that it thinks the dataset's kind to have.
bool is_harmless(const std::string& name);

// Whether a harmless one has a value that weakens what is still to come: checksum=off and the like. `number`: as the
// header has it; nothing where it has a text there, which zfs send does not write.
bool weakens(const std::string& name, const std::optional<std::uint64_t>& number);

// What of a stream decides which properties a receive needs.
struct StreamProperties {
  DatasetKind kind = DatasetKind::filesystem;  // of its first dataset
  bool recursive = false;                      // whether zfs receive takes it for a stream of a tree
  std::set<std::string> names;                 // of all properties that occur in it, for any dataset
};

// The properties of the receive that is run: what the sender asked for, the forced ones over it, and `-x` for each
// native property of the stream that is not known to be harmless. User properties are no business of zfs's command
// line: what is taken of them stands in the header (stream/kept_properties.h). Throws Refused where the stream has one
// that no stream of zfs send has, or more than most_unknown that are not in our list. `known_of`: those of these that
// this host's zfs has; asked once, and only for ones that are not in our list.
using Names = std::set<std::string>;
ReceivedProperties receive_properties(const ReceivedProperties& asked, const StreamProperties& stream,
                                      const std::function<Names(const Names&)>& known_of);

// A later OpenZFS will have a few that this does not know; zfs is asked for each.
inline constexpr std::size_t most_unknown = 16;

}  // namespace czb::receiver
