// SPDX-License-Identifier: MIT
#include "config/selection.h"

#include <fnmatch.h>

#include <algorithm>
#include <optional>

namespace czb {

bool Selection::excludes(const std::string& relative) const {
  if (relative.empty()) return false;
  if (!recursive) return true;
  for (std::optional<std::string> name = relative; name && !name->empty(); name = parent_of(*name))
    if (std::any_of(exclude.begin(), exclude.end(), [&](const std::string& pattern) {
          return fnmatch(pattern.c_str(), name->c_str(), FNM_PATHNAME) == 0;
        }))
      return true;
  return false;
}

void Selection::apply(Inventory& inventory) const {
  if (takes_all()) return;
  for (auto it = inventory.datasets.begin(); it != inventory.datasets.end();) {
    const auto next = std::next(it);
    if (excludes(it->first)) inventory.excluded.insert(inventory.datasets.extract(it));
    it = next;
  }
}

}  // namespace czb
