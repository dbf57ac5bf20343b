// SPDX-License-Identifier: MIT
// What zfs lists of this side, for stream_rules.h and unchanged.h. Throws Error (failed) and Interrupted.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "execute/dataset_lock.h"
#include "receiver/stream/stream_rules.h"

namespace czb::receiver {

bool exists(const std::string& zfs, const std::string& dataset);

// Which of these are not there, each asked by its own name: a listing of what is above leaves out what lies beside
// something that cannot be read. Throws Error (failed) for one of which zfs says neither that nor that it is there.
std::set<std::string> absent(const std::string& zfs, const std::set<std::string>& datasets);

// The tree of `dataset`, or the dataset alone; empty where it is not there.
PresentTree list_present(const std::string& zfs, const std::string& dataset, LockScope scope = LockScope::tree,
                         std::chrono::seconds longest = std::chrono::hours(1));

// Full name → guid of the snapshots of such a listing of `root`.
std::map<std::string, std::uint64_t> snapshots_of(const PresentTree& tree, const std::string& root);
// The full names of its volumes.
std::set<std::string> volumes_of(const PresentTree& tree, const std::string& root);

}  // namespace czb::receiver
