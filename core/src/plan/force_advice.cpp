// SPDX-License-Identifier: MIT
#include "plan/force_advice.h"

namespace czb {

std::string advice_on_force(const std::vector<std::string>& others) {
  if (others.empty())
    return "Look at what would go (the same run with --dry-run --verbose). Only if all of that may go for good, run "
           "again with --force-destroy-lots.";
  std::string names;
  for (const std::string& other : others) names += (names.empty() ? "" : ", ") + other;
  return "This dataset is not this job's alone (" + names +
         "): what would go may be what the others keep, so it must not be forced. Give each of them a dataset, or "
         "names (naming), of its own, or make one job of them.";
}

}  // namespace czb
