// SPDX-License-Identifier: MIT
// What a job leaves out of its tree gets no snapshot, is not sent, and is left alone where it is.
#include "lab.h"

namespace czb::lab {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

class SelectionTest : public LabTest {
 protected:
  Tree left(const Words& excluded) const {
    Tree tree = tree_of(source);
    for (const std::string& each : excluded) tree = without(tree, each);
    return tree;
  }
};

TEST_F(SelectionTest, ExcludedDatasetsGetNoSnapshotAndAreNotSentNorIsWhatIsBelowThem) {
  make_tree({"cache", "cache/deep", "home", "home/cache", "vm", "vm/1", "vm/1/tmp", "vm/1/tmp2"});
  job_options = {"exclude: [cache, 'vm/*/tmp']"};
  const Words excluded = {"cache", "vm/1/tmp"};
  const Result result = backup(1);
  EXPECT_THAT(result, Exits(ok));
  const Words commands = commands_of(result);
  EXPECT_EQ(count_of(commands, "zfs snapshot"), 1U);
  EXPECT_THAT(commands, Contains("zfs snapshot " + source + "@" + noon(1) + " " + source + "/home@" + noon(1) + " " +
                                 source + "/home/cache@" + noon(1) + " " + source + "/vm@" + noon(1) + " " + source +
                                 "/vm/1@" + noon(1) + " " + source + "/vm/1/tmp2@" + noon(1)));
  for (const std::string none : {"cache", "cache/deep", "vm/1/tmp"})
    EXPECT_THAT(tree_of(source), Contains(Pair(none, IsEmpty())));
  EXPECT_EQ(tree_of(target), left(excluded));

  const Result increment = backup(2);
  EXPECT_THAT(increment, Exits(ok));
  EXPECT_EQ(count_of(commands_of(increment), "zfs send"), 1U) << increment.text();
  EXPECT_EQ(tree_of(target), left(excluded));
}

TEST_F(SelectionTest, WhatIsExcludedLaterStaysAtTheTargetAsItIs) {
  make_tree({"kept", "out", "out/deep"});
  target_options.push_back("on-source-gone: destroy");
  expect_backup(1);
  expect_backup(2);
  job_options = {"exclude: [out]"};
  const Tree at_the_target = tree_of(target + "/out");
  for (const int day : {3, 4}) EXPECT_THAT(backup(day), Exits(ok));
  EXPECT_EQ(tree_of(target + "/out"), at_the_target);
  EXPECT_EQ(without(tree_of(target), "out"), left({"out"}));

  // And taken in again, it goes on from there.
  job_options = {};
  expect_backup(5);
}

TEST_F(SelectionTest, ANonRecursiveJobBacksUpItsOneDataset) {
  make_tree({"child", "child/deep"});
  job_options = {"recursive: false"};
  for (const int day : {1, 2}) EXPECT_THAT(backup(day), Exits(ok));
  EXPECT_EQ(snapshots_of(source), (Tree{{"", {noon(1), noon(2)}}, {"child", {}}, {"child/deep", {}}}));
  EXPECT_EQ(tree_of(target), left({"child"}));
}

// One stream of the tree would take them along.
TEST_F(SelectionTest, ExcludedDatasetsStayOutAlsoWhereAnotherToolGaveThemTheSameSnapshots) {
  make_tree({"in", "in/deep", "out"});
  zfs({"snapshot", "-r", source + "@another-tools-1"});
  job_options = {"exclude: [out]"};
  EXPECT_THAT(backup(1, push_only), Exits(ok));
  EXPECT_EQ(tree_of(target), left({"out"}));
  zfs({"snapshot", "-r", source + "@another-tools-2"});
  EXPECT_THAT(backup(2, push_only), Exits(ok));
  EXPECT_EQ(tree_of(target), left({"out"}));
  EXPECT_THAT(backup(3), Exits(ok));
  EXPECT_EQ(tree_of(target), left({"out"}));
}

TEST_F(SelectionTest, ADryRunWithExclusionsPrintsWhatTheRunDoes) {
  make_tree({"in", "out"});
  job_options = {"exclude: [out]"};
  for (const int day : {1, 2}) {
    const Result dry = backup(day, {"--dry-run"});
    const Result real = backup(day);
    EXPECT_THAT(real, Exits(ok));
    EXPECT_EQ(without_last_txg(commands_of(real)), without_last_txg(commands_of(dry)));
  }
}

}  // namespace
}  // namespace czb::lab
