// SPDX-License-Identifier: MIT
// What is tried after a `zfs destroy` that took nothing because of one snapshot (plan/smaller_destroys.h).
#include "plan/smaller_destroys.h"

#include <gmock/gmock.h>

#include "inventory_builder.h"

namespace czb {
namespace {

using test::commands_of;
using test::reason_for;
using test::Tree;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

DestroySnapshots destroy(const std::string& relative, std::vector<std::string> names, bool recursive) {
  DestroySnapshots step;
  step.root = "tank";
  step.relative = relative;
  step.names = std::move(names);
  step.recursive = recursive;
  return step;
}

class SmallerDestroysTest : public ::testing::Test {
 protected:
  const Inventory tree_ =
      Tree("tank").dataset("", "t1 t2 t3").dataset("a", "t1 t2 t3").dataset("a/b", "t1 t2 t3").dataset("c", "t1 t2 t3");
  const DestroySnapshots all_ = destroy("", {"t1", "t2"}, true);
};

TEST_F(SmallerDestroysTest, WhatZfsNamesIsSparedAndTheRestGoesInFewCommands) {
  const SmallerDestroys smaller =
      smaller_destroys(all_, tree_, "cannot destroy snapshot tank/a/b@t1: dataset is busy\n");
  EXPECT_THAT(commands_of(smaller.steps), ElementsAre("zfs destroy -r tank@t2", "zfs destroy tank@t1",
                                                      "zfs destroy tank/a@t1", "zfs destroy tank/c@t1"));
  EXPECT_EQ(smaller.spared.size(), 1U);
  EXPECT_EQ(reason_for(smaller.spared, "tank/a/b@t1"), in_use);
  EXPECT_FALSE(smaller.failed);
}

TEST_F(SmallerDestroysTest, SeveralAreNamedAtOnceAsOpenZfs23SaysIt) {
  const SmallerDestroys smaller = smaller_destroys(
      all_, tree_,
      "cannot destroy snapshot tank/a/b@t1: it's being held. Run 'zfs holds -r tank/a/b@t1' to see holders.\n"
      "cannot destroy snapshot tank/c@t1: it's being held. Run 'zfs holds -r tank/c@t1' to see holders.\n"
      "cannot destroy snapshot tank/c@t2: snapshot is cloned\n");
  EXPECT_EQ(smaller.spared.size(), 3U);
  EXPECT_EQ(reason_for(smaller.spared, "tank/c@t2"), "it has clones");
  EXPECT_THAT(commands_of(smaller.steps),
              ElementsAre("zfs destroy tank@t1,t2", "zfs destroy -r tank/a@t2", "zfs destroy tank/a@t1"));
}

TEST_F(SmallerDestroysTest, AFreshCloneIsNamedInQuotes) {
  const SmallerDestroys smaller = smaller_destroys(destroy("a", {"t1", "t2"}, false), tree_,
                                                   "cannot destroy 'tank/a@t2': snapshot has dependent clones\n"
                                                   "use '-R' to destroy the following datasets:\ntank/clone\n");
  EXPECT_EQ(reason_for(smaller.spared, "tank/a@t2"), "it has clones");
  EXPECT_THAT(commands_of(smaller.steps), ElementsAre("zfs destroy tank/a@t1"));
}

TEST_F(SmallerDestroysTest, NamesThatLookLikeTheWordsAroundThemAreUnderstood) {
  const Inventory odd = Tree("tank").dataset("", "t1").dataset("a: dataset is busy", "t1 t2");
  const SmallerDestroys smaller =
      smaller_destroys(destroy("a: dataset is busy", {"t1", "t2"}, false), odd,
                       "cannot destroy snapshot tank/a: dataset is busy@t2: dataset is busy\n");
  EXPECT_EQ(reason_for(smaller.spared, "tank/a: dataset is busy@t2"), in_use);
  EXPECT_THAT(commands_of(smaller.steps), ElementsAre("zfs destroy tank/a: dataset is busy@t1"));
}

TEST_F(SmallerDestroysTest, WhatWasNotAskedForIsNotSpared) {
  const SmallerDestroys smaller = smaller_destroys(destroy("a", {"t1"}, false), tree_,
                                                   "cannot destroy snapshot tank/c@t1: dataset is busy\n"
                                                   "cannot destroy snapshot other/a@t1: dataset is busy\n");
  EXPECT_THAT(smaller.spared, ElementsAre(::testing::Field(&Spared::snapshot, "tank/a@t1")));
}

TEST_F(SmallerDestroysTest, WhereNothingIsNamedTheHalvesAreTriedDownToOne) {
  const std::string said = "cannot destroy snapshots: dataset is busy\n";
  EXPECT_THAT(commands_of(smaller_destroys(all_, tree_, said).steps),
              ElementsAre("zfs destroy tank@t1,t2", "zfs destroy tank/a@t1,t2", "zfs destroy tank/a/b@t1,t2",
                          "zfs destroy tank/c@t1,t2"));
  EXPECT_THAT(commands_of(smaller_destroys(destroy("c", {"t1", "t2", "t3"}, false), tree_, said).steps),
              ElementsAre("zfs destroy tank/c@t1,t2", "zfs destroy tank/c@t3"));
  const SmallerDestroys last = smaller_destroys(destroy("c", {"t3"}, false), tree_, said);
  EXPECT_THAT(last.steps, IsEmpty());
  EXPECT_EQ(reason_for(last.spared, "tank/c@t3"), in_use);
}

TEST_F(SmallerDestroysTest, AnythingElseFailsAsItIs) {
  for (const char* said : {"", "cannot destroy snapshots: permission denied\n", "cannot open 'tank': no such pool\n"}) {
    const SmallerDestroys smaller = smaller_destroys(all_, tree_, said);
    EXPECT_THAT(smaller.steps, IsEmpty()) << said;
    EXPECT_THAT(smaller.spared, IsEmpty()) << said;
  }
}

TEST_F(SmallerDestroysTest, OfAnotherReasonOneFailsAndTheRestGoes) {
  const SmallerDestroys smaller =
      smaller_destroys(destroy("c", {"t1", "t2"}, false), tree_, "cannot destroy snapshot tank/c@t2: I/O error\n");
  EXPECT_TRUE(smaller.failed);
  EXPECT_THAT(smaller.spared, IsEmpty());
  EXPECT_THAT(commands_of(smaller.steps), ElementsAre("zfs destroy tank/c@t1"));
}

TEST_F(SmallerDestroysTest, WhatAReceiverRefusesIsLeftOutAsAWholeAndTheRestGoes) {
  const SmallerDestroys smaller = without_refused(
      all_, tree_,
      "cyber-zfs-backup-receiver: refused: tank/a/b@t2 is one of the 3 newest snapshots, which are kept "
      "(--keep-newest); of the 3 snapshots that tank/c had today, at most 25 percent may be destroyed in a day\n");
  EXPECT_EQ(smaller.refused, (std::set<std::string>{"a/b", "c"}));
  EXPECT_THAT(commands_of(smaller.steps), ElementsAre("zfs destroy tank@t1,t2", "zfs destroy tank/a@t1,t2"));
}

TEST_F(SmallerDestroysTest, ARefusalThatNamesNoDatasetIsTheEndOfIt) {
  const SmallerDestroys smaller = without_refused(
      all_, tree_, "cyber-zfs-backup-receiver: refused: 'manual' is no name of a snapshot that it takes\n");
  EXPECT_TRUE(smaller.refused.empty());
  EXPECT_THAT(smaller.steps, IsEmpty());
}

}  // namespace
}  // namespace czb
