// SPDX-License-Identifier: MIT
// Which `zfs destroy` processes a set of snapshots becomes (plan/destroy_batches.h).
#include "plan/destroy_batches.h"

#include <gmock/gmock.h>

#include "inventory_builder.h"

namespace czb {
namespace {

using test::all_snapshots;
using test::commands_of;
using test::counted_by;
using test::destroyed_by;
using test::Names;
using test::Tree;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<DestroySnapshots> batches(const Inventory& inventory, const Doomed& doomed,
                                      std::size_t longest = longest_destroy_word) {
  std::vector<DestroySnapshots> steps = destroy_batches(Side::target, inventory, doomed, longest);
  Names expected;
  for (const auto& [relative, names] : doomed)
    for (const std::string& name : names) expected.insert(inventory.full_name(relative) + "@" + name);
  EXPECT_EQ(destroyed_by(steps, inventory), expected);
  EXPECT_EQ(counted_by(steps), expected.size());
  return steps;
}

TEST(DestroyBatches, NothingDoomedIsNoStep) { EXPECT_THAT(batches(Tree("tank").dataset("", "t1 t2"), {}), IsEmpty()); }

TEST(DestroyBatches, AnAgreeingTreeIsOneRecursiveBatchOldestFirst) {
  const Inventory tree = Tree("tank").dataset("", "t1 t2 t9 t10").dataset("a", "t1 t2 t9 t10").dataset("a/b", "t2 t10");
  const auto steps = batches(tree, {{"", {"t1", "t10", "t2"}}, {"a", {"t1", "t10", "t2"}}, {"a/b", {"t10", "t2"}}});
  EXPECT_THAT(commands_of(steps), ElementsAre("zfs destroy -r tank@t1,t2,t10"));
  EXPECT_EQ(steps[0].count, 8U);
  EXPECT_EQ(steps[0].side, Side::target);
}

TEST(DestroyBatches, NeverReachADatasetThatTheJobLeavesOut) {
  const Inventory tree = Tree("tank")
                             .dataset("", "t1 t2")
                             .dataset("a", "t1 t2")
                             .dataset("a/cache", "t1")
                             .dataset("b", "t2")
                             .left_out("a/cache");
  EXPECT_THAT(commands_of(batches(tree, {{"", {"t1", "t2"}}, {"a", {"t1", "t2"}}, {"b", {"t2"}}})),
              ElementsAre("zfs destroy -r tank@t2", "zfs destroy tank@t1", "zfs destroy tank/a@t1"));
}

TEST(DestroyBatches, ADatasetAloneIsNotRecursive) {
  const Inventory tree = Tree("tank").dataset("", "t1 t2");
  EXPECT_THAT(commands_of(batches(tree, {{"", {"t1"}}})), ElementsAre("zfs destroy tank@t1"));
}

TEST(DestroyBatches, AChildThatKeepsOneEndsTheRecursionForThatNameOnly) {
  const Inventory tree = Tree("tank").dataset("", "t1 t2").dataset("a", "t1 t2").dataset("b", "t1 t2");
  const auto steps = batches(tree, {{"", {"t1", "t2"}}, {"a", {"t1"}}, {"b", {"t1", "t2"}}});
  EXPECT_THAT(commands_of(steps),
              ElementsAre("zfs destroy -r tank@t1", "zfs destroy tank@t2", "zfs destroy tank/b@t2"));
}

TEST(DestroyBatches, AChildOutsideOfTheDoomedThatHasTheNameKeepsIt) {
  const Inventory tree = Tree("tank").dataset("", "t1").dataset("a", "t1").dataset("b", "t1");
  EXPECT_THAT(commands_of(batches(tree, {{"", {"t1"}}, {"a", {"t1"}}})),
              ElementsAre("zfs destroy tank@t1", "zfs destroy tank/a@t1"));
}

TEST(DestroyBatches, WhereTheRootLacksItTheSubtreesTopBegins) {
  const Inventory tree = Tree("tank").dataset("", "t2").dataset("a", "t1 t2").dataset("a/b", "t1").dataset("c", "t1");
  EXPECT_THAT(commands_of(batches(tree, {{"a", {"t1"}}, {"a/b", {"t1"}}, {"c", {"t1"}}})),
              ElementsAre("zfs destroy -r tank/a@t1", "zfs destroy tank/c@t1"));
}

TEST(DestroyBatches, AKeeperInOneSubtreeDoesNotStopAnother) {
  const Inventory tree =
      Tree("tank").dataset("", "t1").dataset("a", "t1").dataset("a/b", "t1").dataset("c", "t1").dataset("c/d", "t1");
  EXPECT_THAT(commands_of(batches(tree, {{"", {"t1"}}, {"a", {"t1"}}, {"c", {"t1"}}, {"c/d", {"t1"}}})),
              ElementsAre("zfs destroy tank@t1", "zfs destroy tank/a@t1", "zfs destroy -r tank/c@t1"));
}

TEST(DestroyBatches, NeighboursByNameAreNotDescendants) {
  const Inventory tree = Tree("tank")
                             .dataset("", "t9")
                             .dataset("a", "t1")
                             .dataset("a b", "t1")
                             .dataset("a-b", "t1")
                             .dataset("a.b", "t1")
                             .dataset("a/c", "t1")
                             .dataset("a0", "t1");
  EXPECT_THAT(commands_of(batches(tree, {{"a", {"t1"}}, {"a/c", {"t1"}}})), ElementsAre("zfs destroy -r tank/a@t1"));
  EXPECT_THAT(commands_of(batches(tree, {{"a", {"t1"}}, {"a b", {"t1"}}, {"a/c", {"t1"}}})),
              ElementsAre("zfs destroy -r tank/a@t1", "zfs destroy tank/a b@t1"));
  EXPECT_THAT(commands_of(batches(tree, {{"a", {"t1"}}, {"a-b", {"t1"}}, {"a0", {"t1"}}})),
              ElementsAre("zfs destroy tank/a@t1", "zfs destroy tank/a-b@t1", "zfs destroy tank/a0@t1"));
}

TEST(DestroyBatches, SplitsAtTheWordLimit) {
  const Inventory tree = Tree("tank").dataset("", "t1 t2 t3 t4 t5").dataset("a", "t1 t2 t3 t4 t5");
  const std::set<std::string> names = {"t1", "t2", "t3", "t4", "t5"};
  const auto steps = batches(tree, {{"", names}, {"a", names}}, std::string("tank@t1,t2").size());
  EXPECT_THAT(commands_of(steps),
              ElementsAre("zfs destroy -r tank@t1,t2", "zfs destroy -r tank@t3,t4", "zfs destroy -r tank@t5"));
  EXPECT_EQ(steps[0].count, 4U);
  EXPECT_EQ(steps[2].count, 2U);
}

TEST(DestroyBatches, ANameLongerThanTheLimitStillGoesAlone) {
  const Inventory tree = Tree("tank").dataset("", "t1 t2");
  EXPECT_THAT(commands_of(batches(tree, {{"", {"t1", "t2"}}}, 1)),
              ElementsAre("zfs destroy tank@t1", "zfs destroy tank@t2"));
}

TEST(DestroyBatches, NoWordIsLongerThanTheKernelTakes) {
  Tree builder("tank");
  std::string words;
  std::set<std::string> names;
  for (int i = 1000; i < 2000; ++i) {
    const std::string name = std::string(155, 't') + std::to_string(i);
    names.insert(name);
    words += name + " ";
  }
  const auto steps = batches(builder.dataset("", words), {{"", names}});
  EXPECT_EQ(steps.size(), 2U);
  for (const DestroySnapshots& step : steps) EXPECT_LE(argv_of(step).back().size(), longest_destroy_word);
}

}  // namespace
}  // namespace czb
