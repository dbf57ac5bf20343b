// SPDX-License-Identifier: MIT
// What lies in a key's root, and what ZFS itself lets lie there.
#pragma once

#include <cstdint>
#include <string>

namespace czb::receiver {

struct RootSpace {
  bool exists = false;
  bool is_volume = false;   // ZFS has no quota for a volume
  std::uint64_t used = 0;   // with all below it, and with what a receive has brought so far
  std::uint64_t quota = 0;  // the property; 0: none
};

// Throws Error (failed) and Interrupted.
RootSpace root_space(const std::string& zfs, const std::string& root);

// The same when all that zfs has been given is on the disk, and so counted.
RootSpace settled_root_space(const std::string& zfs, const std::string& root);

// The zpool program that belongs to this zfs.
std::string zpool_beside(const std::string& zfs);

}  // namespace czb::receiver
