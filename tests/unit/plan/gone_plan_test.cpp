// SPDX-License-Identifier: MIT
// Datasets that only the target has still (plan/gone.h).
#include "plan/gone.h"
#include "plan/push_plan_testing.h"

namespace czb {
namespace {

using test::commands_of;
using test::far_config;
using test::reason_for;
using test::Tree;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class GonePlanTest : public ::testing::Test {
 protected:
  GonePlanTest() { config_.on_source_gone = OnSourceGone::destroy; }

  GonePlan plan(const Inventory& source, const Inventory& target, bool force = true) {
    return plan_gone(source, target, config_, force);
  }
  static std::vector<std::string> commands(const GonePlan& plan) {
    std::vector<std::string> all;
    for (const std::vector<Step>& steps : plan.datasets)
      for (const std::string& command : commands_of(steps)) all.push_back(command);
    return all;
  }

  TargetConfig config_ = far_config();
  const Inventory source_ = Tree("tank").dataset("", "t1").dataset("a", "t1");
};

TEST_F(GonePlanTest, NothingGoesUnlessTheJobSaysSo) {
  config_.on_source_gone = OnSourceGone::keep;
  EXPECT_THAT(plan(source_, Tree("far/tank").dataset("", "t1").dataset("old", "t1")).datasets, IsEmpty());
}

TEST_F(GonePlanTest, SnapshotsGoByNameAndThenTheirDatasetChildrenFirst) {
  const GonePlan result = plan(
      source_, Tree("far/tank").dataset("", "t1").dataset("a", "t1").dataset("old", "t1 x2").dataset("old/b", "t1"));
  EXPECT_THAT(commands(result), ElementsAre("zfs destroy far/tank/old/b@t1", "zfs destroy far/tank/old/b",
                                            "zfs destroy far/tank/old@t1,x2", "zfs destroy far/tank/old"));
  EXPECT_EQ(result.snapshots, 3U);
  EXPECT_EQ(result.datasets.size(), 2U);
  EXPECT_EQ(side_of(result.datasets.at(1).at(0)), Side::target);
}

// Somebody has made it there, or put another backup there.
TEST_F(GonePlanTest, WhatNothingShowsToHaveComeFromTheSourceStaysWithAllAboveIt) {
  const GonePlan result = plan(source_, Tree("far/tank")
                                            .dataset("", "t1")
                                            .dataset("a", "t1 t0")
                                            .dataset("made")
                                            .dataset("old", "t0")
                                            .dataset("old/other", "x7 x8"));
  EXPECT_THAT(result.datasets, IsEmpty());
  EXPECT_THAT(reason_for(result.spared, "far/tank/old/other"), HasSubstr("nothing shows that it came from there"));
  EXPECT_THAT(reason_for(result.spared, "far/tank/made"), HasSubstr("nothing shows that it came from there"));
}

TEST_F(GonePlanTest, WhatIsLeftOutIsNotGone) {
  EXPECT_THAT(plan(Tree("tank").dataset("", "t1").dataset("cache").left_out("cache"),
                   Tree("far/tank").dataset("", "t1").dataset("cache", "t1").dataset("cache/b", "t1"))
                  .datasets,
              IsEmpty());
}

TEST_F(GonePlanTest, HeldAndClonedSnapshotsKeepTheirDatasetAndAllAboveIt) {
  for (const char* snapshot : {"t1+hold", "t1+clone"}) {
    const GonePlan result = plan(source_, Tree("far/tank")
                                              .dataset("", "t1")
                                              .dataset("old", "t1")
                                              .dataset("old/b", "t1")
                                              .dataset("old/b/kept", snapshot)
                                              .dataset("old/c", "t1"));
    EXPECT_THAT(commands(result), ElementsAre("zfs destroy far/tank/old/c@t1", "zfs destroy far/tank/old/c"));
    EXPECT_NE(reason_for(result.spared, "far/tank/old/b/kept@t1"), "(not spared)");
  }
}

TEST_F(GonePlanTest, ADatasetThatOnlyMovedStaysUntilItIsReceivedUnderItsNewName) {
  const Inventory source = Tree("tank").dataset("", "t1").dataset("b", "t1=11 t2=12");
  const GonePlan kept = plan(source, Tree("far/tank").dataset("", "t1").dataset("b", "t1=99").dataset("a", "t1=11"));
  EXPECT_THAT(kept.datasets, IsEmpty());
  EXPECT_THAT(reason_for(kept.spared, "far/tank/a@t1"), HasSubstr("the source has it in another dataset"));
  EXPECT_THAT(commands(plan(source, Tree("far/tank").dataset("", "t1").dataset("b", "t1=11").dataset("a", "t1=11"))),
              ElementsAre("zfs destroy far/tank/a@t1", "zfs destroy far/tank/a"));
}

TEST_F(GonePlanTest, ADatasetThatMovedToWhereTheJobLeavesItOutStays) {
  EXPECT_THAT(plan(Tree("tank").dataset("", "t1").dataset("cache", "t1=11").left_out("cache"),
                   Tree("far/tank").dataset("", "t1").dataset("a", "t1=11"))
                  .datasets,
              IsEmpty());
}

TEST_F(GonePlanTest, ADatasetThatReceivesStaysWithAllAboveIt) {
  EXPECT_THAT(
      plan(source_,
           Tree("far/tank").dataset("", "t1").dataset("old", "t1").dataset("old/b").resume_token("old/b", "1-abc"))
          .datasets,
      IsEmpty());
}

TEST_F(GonePlanTest, ADatasetAboveOneThatTheSourceHasStays) {
  EXPECT_THAT(plan(Tree("tank").dataset("", "t1").dataset("old/b", "t1"),
                   Tree("far/tank").dataset("", "t1").dataset("old", "t1").dataset("old/b", "t1"))
                  .datasets,
              IsEmpty());
}

TEST_F(GonePlanTest, MoreThanTheLimitOfDatasetsIsRefusedAltogether) {
  const Inventory target =
      Tree("far/tank").dataset("", "t1").dataset("a", "t1").dataset("old1", "t1").dataset("old2", "t1");
  const GonePlan refused = plan(source_, target, false);
  EXPECT_THAT(refused.datasets, IsEmpty());
  EXPECT_EQ(refused.snapshots, 0U);
  EXPECT_THAT(refused.refusals,
              ElementsAre(AllOf(HasSubstr("2 of the 4 datasets of far/tank"), HasSubstr("--force-destroy-lots"))));
  EXPECT_EQ(plan(source_, target, true).datasets.size(), 2U);
}

TEST_F(GonePlanTest, ExactlyAQuarterMayGo) {
  const GonePlan result =
      plan(Tree("tank").dataset("", "t1").dataset("a", "t1").dataset("b", "t1"),
           Tree("far/tank").dataset("", "t1").dataset("a", "t1").dataset("b", "t1").dataset("old", "t1"), false);
  EXPECT_EQ(result.datasets.size(), 1U);
  EXPECT_THAT(result.refusals, IsEmpty());
}

}  // namespace
}  // namespace czb
