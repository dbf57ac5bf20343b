// SPDX-License-Identifier: MIT
// A raw stream of one dataset makes it an encryption root of its own; in a tree's backup it is to inherit its key, as
// at the sender. Only zfs receive can do that without the key (libzfs_sendrecv.c, recv_fix_encryption_hierarchy), and
// it finds the datasets by guids of a raw header: 2.1 and 2.2 over the whole pool, from the tree's top on; 2.3 and 2.4
// over the tree. So the sender's header never says that it is raw (written_head.h). When the stream has ended, and what
// is here has been listed, zfs receive gets a package of our own that brings nothing and names only what has to change,
// by guids that were seen at these datasets and at nothing else of the tree.
//
// Where nothing has to change, as in nearly every increment, there is none.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "receiver/stream/stream_rules.h"

namespace czb::receiver {

// By relative name: the keylocation of what is encrypted.
using KeyLocations = std::map<std::string, std::string>;

// Lists them for parse_key_locations. Throws Error (failed) when the output is not understood.
CommandLine key_locations_command(const std::string& dataset);
KeyLocations parse_key_locations(std::string_view listing, const std::string& dataset);

// A dataset that is to inherit its key, or to be an encryption root with this keylocation.
struct RootChange {
  std::string relative;
  std::uint64_t guid = 0;  // of a snapshot of it
  bool is_root = false;
  std::string key_location;  // of a root
};

// Whether what the package says of a dataset (relative name) may be done to it: to be made an encryption root, or told
// where its key is as one, or not to be one any more.
using MayBecome = std::function<bool(const std::string& relative, bool is_root)>;

// What the package says otherwise than it is here: of datasets that have the snapshot which it was sent for, and that
// may become so. `dataset`: the tree's full name; `present`: as it is now. Throws Error (failed) when such a snapshot's
// guid is also another's in the tree.
std::vector<RootChange> root_changes(const Package& package, const std::string& dataset, const PresentTree& present,
                                     const KeyLocations& locations, const MayBecome& may_become);

// The package for `zfs receive` into `dataset`: the changes, and of the tree's top a snapshot that is here, which zfs
// receive skips, so that it knows where the tree is. `top`: of `dataset`, with the snapshot `to`.
std::string root_changes_stream(const std::vector<RootChange>& changes, const std::string& dataset,
                                const PresentDataset& top, const std::string& to);

}  // namespace czb::receiver
