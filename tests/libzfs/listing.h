// SPDX-License-Identifier: MIT
// What `zfs list` says of the pool, as the receiver reads it.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "libzfs/pool.h"
#include "receiver/keys/encryption_roots.h"
#include "receiver/stream/stream_rules.h"

namespace czb::libzfs {

// Of a dataset, with `recursive` of its tree.
receiver::PresentTree present_tree(const Pool& pool, const std::string& dataset, bool recursive);

// Full name → guid of all snapshots in a tree.
std::map<std::string, std::uint64_t> snapshots_in(const Pool& pool, const std::string& dataset);
// Full names.
std::set<std::string> volumes_in(const Pool& pool, const std::string& top);

receiver::KeyLocations key_locations(const Pool& pool, const std::string& dataset);

}  // namespace czb::libzfs
