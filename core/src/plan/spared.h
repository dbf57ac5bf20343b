// SPDX-License-Identifier: MIT
// Snapshots that were to go and stay, and why.
#pragma once

#include <string>

#include "zfs/inventory.h"

namespace czb {

struct Spared {
  std::string snapshot;  // full name
  std::string why;
};

// Why ZFS would not destroy it; one such snapshot in a `zfs destroy` keeps the whole batch alive.
// Null: nothing known against it.
inline const char* destroy_obstacle(const Snapshot& snapshot) {
  if (snapshot.holds > 0) return "it is held (zfs holds shows by whom)";
  if (snapshot.has_clones) return "it has clones";
  return nullptr;
}

// What a listing does not tell, and zfs destroy does.
inline constexpr char in_use[] = "it is in use (mounted, its device open, or held since: zfs holds shows by whom)";

// Whether it is none of ours that keeps it, for good unless somebody acts.
inline bool is_kept_by_zfs(const Spared& spared) {
  for (const char* beginning : {"it is held", "it has clones", "it is in use"})
    if (spared.why.rfind(beginning, 0) == 0) return true;
  return false;
}

}  // namespace czb
