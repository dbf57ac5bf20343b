// SPDX-License-Identifier: MIT
// Which of our bookmarks on the source go (docs/adr/0007). Pure.
#pragma once

#include <string>
#include <vector>

#include "plan/step.h"
#include "zfs/inventory.h"

namespace czb {

// `zfs destroy` takes one bookmark a process, so they go by the dozen, and seldom: where a dataset has gathered more
// than `most`, all of that target's but the newest `kept`.
struct BookmarkLimits {
  std::size_t most = 50;
  std::size_t kept = 5;
};

std::vector<DestroyBookmark> plan_old_bookmarks(const Inventory& source, const std::string& target_name,
                                                const BookmarkLimits& limits = {});

}  // namespace czb
