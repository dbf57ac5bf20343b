// SPDX-License-Identifier: MIT
#include "zfs/inventory.h"

#include <gtest/gtest.h>

#include "inventory_builder.h"

namespace czb {
namespace {

using test::Tree;

TEST(Inventory, FindsSnapshotsByNameAndByGuid) {
  const Inventory tree = Tree("tank").dataset("", "t1=11 t2=22");
  const Dataset& root = *tree.find("");
  EXPECT_EQ(root.find_by_name("t1")->guid, 11U);
  EXPECT_EQ(root.find_by_guid(22)->name, "t2");
  EXPECT_EQ(root.find_by_name("t3"), nullptr);
  EXPECT_EQ(root.find_by_guid(33), nullptr);
  EXPECT_EQ(root.newest()->name, "t2");
}

TEST(Inventory, WithoutDatasetsDoesNotExist) {
  EXPECT_FALSE(Inventory{}.exists());
  EXPECT_TRUE(Inventory(Tree("tank").dataset("")).exists());
  EXPECT_EQ(Dataset{}.newest(), nullptr);
}

TEST(Inventory, KnowsFullNamesAndCountsSnapshots) {
  const Inventory tree = Tree("tank/home").dataset("", "t1 t2").dataset("a/b", "t1");
  EXPECT_EQ(tree.full_name(""), "tank/home");
  EXPECT_EQ(tree.full_name("a/b"), "tank/home/a/b");
  EXPECT_EQ(tree.find("a"), nullptr);
  EXPECT_EQ(tree.snapshot_count(), 3U);
}

TEST(NewestCommon, IsTheNewestOfTheFirstThatTheOtherHas) {
  const Inventory a = Tree("a").dataset("", "t1 t2 t3 t4");
  const Inventory b = Tree("b").dataset("", "t1 t3 x5");
  EXPECT_EQ(newest_common(*a.find(""), *b.find("")), a.find("")->find_by_name("t3"));
}

TEST(NewestCommon, GoesByGuidAndNeverByName) {
  const Inventory a = Tree("a").dataset("", "t1=1 t2=2");
  const Inventory b = Tree("b").dataset("", "renamed1=1 t2=99");
  EXPECT_EQ(newest_common(*a.find(""), *b.find(""))->name, "t1");
}

TEST(NewestCommon, IsNoneWithoutACommonGuid) {
  const Inventory a = Tree("a").dataset("", "t1=1");
  const Inventory b = Tree("b").dataset("", "t1=2");
  EXPECT_EQ(newest_common(*a.find(""), *b.find("")), nullptr);
  EXPECT_EQ(newest_common(*a.find(""), Dataset{}), nullptr);
}

TEST(NewestCommon, IsTheOneThatADryRunHasTakenAndSent) {
  const Inventory a = Tree("a").dataset("", "t1=1 t2=0");
  const Inventory before = Tree("b").dataset("", "t1=1");
  EXPECT_EQ(newest_common(*a.find(""), *before.find(""))->name, "t1");
  const Inventory b = Tree("b").dataset("", "t1=1 t2=0");
  EXPECT_EQ(newest_common(*a.find(""), *b.find(""))->name, "t2");
}

}  // namespace
}  // namespace czb
