// SPDX-License-Identifier: MIT
// At the end of a tree's raw stream zfs receive makes each dataset's encryption root what the stream says
// (libzfs_sendrecv.c, recv_fix_encryption_hierarchy). It finds the datasets by the guids of their snapshots, and where
// none is in the tree it looks in all of the pool.
#pragma once

#include <cstdint>
#include <set>
#include <string>

#include "receiver/stream_rules.h"

namespace czb::receiver {

// The guids by which zfs receive may look for a dataset outside of the tree: of each dataset of the package those of
// its snapshots that stand before the first that is in the tree.
std::set<std::uint64_t> guids_not_present(const Package& package, const PresentTree& present);

// Throws Refused when a snapshot that the package lists for one dataset of the tree is another's here.
void check_listed_elsewhere(const Package& package, const PresentTree& present);

// Throws Refused when an encrypted dataset of the pool that is not in the tree of `dataset` has a snapshot with one of
// these guids, and Error (failed) when zfs cannot list them.
void check_foreign_keys(const std::string& zfs, const std::string& dataset, const std::set<std::uint64_t>& guids);

}  // namespace czb::receiver
