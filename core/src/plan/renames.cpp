// SPDX-License-Identifier: MIT
#include "plan/renames.h"

namespace czb {

bool is_misplaced(const Inventory& source, const Inventory& target, const std::string& relative) {
  if (relative.empty() || source.leaves_out(relative)) return false;
  const Dataset* here = source.find(relative);
  const Dataset* there = target.find(relative);
  return here == nullptr || (!there->snapshots.empty() && newest_common(*here, *there) == nullptr);
}

std::optional<std::string> name_before_rename(const Inventory& source, const Inventory& target,
                                              const std::string& relative) {
  const Dataset& here = *source.find(relative);
  for (const auto& [name, there] : target.datasets)
    if (is_misplaced(source, target, name) && !is_below(relative, name) && newest_common(here, there) != nullptr)
      return name;
  return std::nullopt;
}

}  // namespace czb
