// SPDX-License-Identifier: MIT
// Which datasets of the tree a job takes: `exclude` and `recursive`. Pure.
#pragma once

#include <string>
#include <vector>

#include "zfs/inventory.h"

namespace czb {

struct Selection {
  bool recursive = true;             // false: the root alone
  std::vector<std::string> exclude;  // glob patterns (fnmatch, FNM_PATHNAME) on whole relative names

  bool takes_all() const { return recursive && exclude.empty(); }

  // Whether the dataset, or one that it is below, is excluded. The root never is.
  bool excludes(const std::string& relative) const;

  // Moves what is excluded from `datasets` to `excluded`.
  void apply(Inventory& inventory) const;
};

}  // namespace czb
