// SPDX-License-Identifier: MIT
#include "plan/old_bookmarks.h"

namespace czb {

std::vector<DestroyBookmark> plan_old_bookmarks(const Inventory& source, const std::string& target_name,
                                                const BookmarkLimits& limits) {
  std::vector<DestroyBookmark> steps;
  const std::string prefix = base_bookmark_prefix(target_name);
  for (const auto& [relative, dataset] : source.datasets) {
    std::vector<const Bookmark*> ours;  // oldest first
    for (const Bookmark& bookmark : dataset.bookmarks)
      if (bookmark.name.rfind(prefix, 0) == 0) ours.push_back(&bookmark);
    if (ours.size() <= limits.most) continue;
    for (std::size_t i = 0; i + limits.kept < ours.size(); ++i)
      steps.push_back({source.full_name(relative), ours[i]->name});
  }
  return steps;
}

}  // namespace czb
