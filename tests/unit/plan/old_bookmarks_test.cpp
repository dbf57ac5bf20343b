// SPDX-License-Identifier: MIT
// Which bookmarks go (plan/old_bookmarks.h).
#include "plan/old_bookmarks.h"

#include <gmock/gmock.h>

#include "inventory_builder.h"

namespace czb {
namespace {

using test::Tree;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

// `count` bookmarks of each of these targets, oldest first, in the root and in a.
Inventory with_bookmarks(std::size_t count, const std::vector<std::string>& targets) {
  Inventory tree = Tree("tank").dataset("", "t900").dataset("a", "t900");
  for (auto& [relative, dataset] : tree.datasets)
    for (std::size_t i = 1; i <= count; ++i)
      for (const std::string& target : targets)
        dataset.bookmarks.push_back({base_bookmark_prefix(target) + "t" + std::to_string(i), i, i});
  return tree;
}

TEST(OldBookmarks, StayAsLongAsThereAreFew) {
  EXPECT_THAT(plan_old_bookmarks(with_bookmarks(3, {"far"}), "far", {3, 1}), IsEmpty());
  EXPECT_THAT(plan_old_bookmarks(with_bookmarks(50, {"far"}), "far"), IsEmpty());
}

TEST(OldBookmarks, GoInEveryDatasetButTheNewestFew) {
  const std::vector<DestroyBookmark> steps = plan_old_bookmarks(with_bookmarks(4, {"far"}), "far", {3, 2});
  std::vector<std::string> commands;
  for (const DestroyBookmark& step : steps) commands.push_back(test::joined(argv_of(step)));
  EXPECT_THAT(commands,
              ElementsAre("zfs destroy tank#cyber-zfs-backup:far:t1", "zfs destroy tank#cyber-zfs-backup:far:t2",
                          "zfs destroy tank/a#cyber-zfs-backup:far:t1", "zfs destroy tank/a#cyber-zfs-backup:far:t2"));
  EXPECT_EQ(plan_old_bookmarks(with_bookmarks(51, {"far"}), "far").size(), 2U * 46U);
}

TEST(OldBookmarks, OfOtherTargetsAndOfOthersStay) {
  Inventory tree = with_bookmarks(9, {"near", "far-2"});
  for (std::uint64_t i = 0; i < 99; ++i) tree.datasets.at("").bookmarks.push_back({"t" + std::to_string(i), i, i});
  EXPECT_THAT(plan_old_bookmarks(tree, "far", {3, 1}), IsEmpty());
}

}  // namespace
}  // namespace czb
