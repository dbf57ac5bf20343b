// SPDX-License-Identifier: MIT
// What is deleted at the target, and what is not (plan/mirror.h; docs/architecture.md, rule 1).
#include <gmock/gmock.h>

#include "inventory_builder.h"
#include "plan/mirror.h"

namespace czb {
namespace {

using test::commands_of;
using test::counted_by;
using test::NumberNaming;
using test::reason_for;
using test::Tree;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class MirrorPlanTest : public ::testing::Test {
 protected:
  MirrorPlan plan(const Inventory& source, const Inventory& target, bool force = true) {
    NumberNaming naming;
    const MirrorPlan result = plan_mirror(source, target, config_, naming, force);
    EXPECT_EQ(result.count, counted_by(result.steps));
    return result;
  }
  TargetConfig config_;
};

TEST_F(MirrorPlanTest, DestroysWhatTheSourceNoLongerHas) {
  const MirrorPlan result = plan(Tree("tank").dataset("", "t3 t4").dataset("a", "t3 t4"),
                                 Tree("far/tank").dataset("", "t1 x2 t3").dataset("a", "t1 t3"));
  EXPECT_THAT(commands_of(result.steps), ElementsAre("zfs destroy -r far/tank@t1", "zfs destroy far/tank@x2"));
  EXPECT_EQ(result.steps.at(0).side, Side::target);
  EXPECT_EQ(result.count, 3U);
}

TEST_F(MirrorPlanTest, EqualSidesNeedNothing) {
  EXPECT_THAT(plan(Tree("tank").dataset("", "t1 t2"), Tree("far").dataset("", "t1 t2")).steps, IsEmpty());
}

TEST_F(MirrorPlanTest, NeverTouchesWhatIsNewerThanTheNewestCommonOne) {
  EXPECT_THAT(plan(Tree("tank").dataset("", "t2 t9"), Tree("far").dataset("", "t1 t2 t3 x4")).steps.at(0).names,
              ElementsAre("t1"));
}

TEST_F(MirrorPlanTest, WithoutACommonSnapshotTouchesNothing) {
  EXPECT_THAT(plan(Tree("tank").dataset("", "t5"), Tree("far").dataset("", "t1 t2")).steps, IsEmpty());
}

TEST_F(MirrorPlanTest, GoesByGuidAndNotByName) {
  EXPECT_THAT(
      commands_of(
          plan(Tree("tank").dataset("", "renamed1=11 t2=2 t3=3"), Tree("far").dataset("", "t1=11 t2=99 t3=3")).steps),
      ElementsAre("zfs destroy far@t2"));
}

TEST_F(MirrorPlanTest, LeavesDatasetsThatTheSourceLacks) {
  EXPECT_THAT(plan(Tree("tank").dataset("", "t2"), Tree("far").dataset("", "t2").dataset("old", "t1 t2")).steps,
              IsEmpty());
}

TEST_F(MirrorPlanTest, ADatasetThatTheSourceLacksStopsTheRecursion) {
  const MirrorPlan result = plan(Tree("tank").dataset("", "t2").dataset("a", "t2"),
                                 Tree("far").dataset("", "t1 t2").dataset("a", "t1 t2").dataset("old", "t1"));
  EXPECT_THAT(commands_of(result.steps), ElementsAre("zfs destroy far@t1", "zfs destroy far/a@t1"));
}

TEST_F(MirrorPlanTest, OursLeavesForeignSnapshotsAlone) {
  config_.mirror = Mirror::ours;
  EXPECT_THAT(commands_of(plan(Tree("tank").dataset("", "t9"), Tree("far").dataset("", "t1 x2 t3 x4 t9")).steps),
              ElementsAre("zfs destroy far@t1,t3"));
}

TEST_F(MirrorPlanTest, OffDestroysNothing) {
  config_.mirror = Mirror::off;
  EXPECT_THAT(plan(Tree("tank").dataset("", "t9"), Tree("far").dataset("", "t1 t9")).steps, IsEmpty());
}

// After a promotion that the target has not followed it has them under the other dataset's name only.
TEST_F(MirrorPlanTest, WhatTheSourceHasInAnotherDatasetThatHasNotReceivedItStays) {
  const Inventory source = Tree("tank").dataset("", "t9").dataset("a", "t9").dataset("b", "t1=11 t9");
  const MirrorPlan result = plan(source, Tree("far").dataset("", "t9").dataset("a", "t1=11 t2 t9").dataset("b", "t9"));
  EXPECT_THAT(commands_of(result.steps), ElementsAre("zfs destroy far/a@t2"));
  EXPECT_THAT(reason_for(result.spared, "far/a@t1"), HasSubstr("another dataset"));
  const Inventory received = Tree("far").dataset("", "t9").dataset("a", "t1=11 t9").dataset("b", "t1=11 t9");
  EXPECT_THAT(commands_of(plan(source, received).steps), ElementsAre("zfs destroy far/a@t1"));
}

TEST_F(MirrorPlanTest, HeldAndClonedOnesStayAndAreToldAbout) {
  const MirrorPlan result = plan(Tree("tank").dataset("", "t9"), Tree("far").dataset("", "t1+hold t2+clone t3 t9"));
  EXPECT_THAT(commands_of(result.steps), ElementsAre("zfs destroy far@t3"));
  EXPECT_THAT(reason_for(result.spared, "far@t1"), HasSubstr("held"));
  EXPECT_THAT(reason_for(result.spared, "far@t2"), HasSubstr("clones"));
}

TEST_F(MirrorPlanTest, ExactlyAQuarterMayGo) {
  const MirrorPlan result = plan(Tree("tank").dataset("", "t2 t3 t4"), Tree("far").dataset("", "t1 t2 t3 t4"), false);
  EXPECT_EQ(result.count, 1U);
  EXPECT_THAT(result.refusals, IsEmpty());
}

TEST_F(MirrorPlanTest, MoreThanTheLimitIsRefusedForThatDatasetOnly) {
  const Inventory source = Tree("tank").dataset("", "t3").dataset("a", "t2 t3 t4 t5");
  const Inventory target = Tree("far").dataset("", "t1 t3").dataset("a", "t1 t2 t3 t4 t5");
  const MirrorPlan result = plan(source, target, false);
  EXPECT_THAT(commands_of(result.steps), ElementsAre("zfs destroy far/a@t1"));
  EXPECT_THAT(result.refusals,
              ElementsAre(::testing::AllOf(HasSubstr("far: 1 of its 2"), HasSubstr("--force-destroy-lots"))));
  EXPECT_THAT(commands_of(plan(source, target, true).steps), ElementsAre("zfs destroy -r far@t1"));
}

TEST_F(MirrorPlanTest, WhereOthersWorkOnTheDatasetItIsNotAdvisedToForceIt) {
  config_.others = {"job b"};
  EXPECT_THAT(plan(Tree("tank").dataset("", "t3"), Tree("far").dataset("", "t1 t3"), false).refusals,
              ElementsAre(::testing::AllOf(HasSubstr("job b"), HasSubstr("must not be forced"),
                                           ::testing::Not(HasSubstr("--force-destroy-lots")))));
}

TEST_F(MirrorPlanTest, TheLimitIsConfigurable) {
  const Inventory source = Tree("tank").dataset("", "t2 t3 t4");
  const Inventory target = Tree("far").dataset("", "t1 t2 t3 t4");
  config_.destroy_limit_percent = 24;
  EXPECT_EQ(plan(source, target, false).refusals.size(), 1U);
}

TEST_F(MirrorPlanTest, ASnapshotThatIsOnlyPlannedAtTheSourceMatchesNothing) {
  EXPECT_THAT(commands_of(plan(Tree("tank").dataset("", "t2 t3=0"), Tree("far").dataset("", "t1 t2")).steps),
              ElementsAre("zfs destroy far@t1"));
}

}  // namespace
}  // namespace czb
