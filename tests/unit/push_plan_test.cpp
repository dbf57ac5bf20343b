// SPDX-License-Identifier: MIT
// How a push is planned or refused, branch by branch (plan/push.h).
#include <gmock/gmock.h>

#include "inventory_builder.h"
#include "plan/push.h"

namespace czb {
namespace {

using test::Tree;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const Inventory nothing = Tree("far/tank");

PushPlan plan(const Inventory& source, const Inventory& target, bool allow_full = false) {
  TargetConfig config;
  config.name = "far";
  config.dataset = "far/tank";
  return plan_push(source, target, config, allow_full);
}

std::string base_of(const PushPlan& plan) {
  if (!plan.send) return "(no send)";
  return plan.send->base.value_or("(full)");
}

void expect_refused(const PushPlan& plan, ExitCode code, const std::string& sentence) {
  EXPECT_EQ(plan.code, code);
  EXPECT_FALSE(plan.send);
  EXPECT_EQ(plan.to, "");
  EXPECT_THAT(plan.refusal, Contains(HasSubstr(sentence)));
}

TEST(FirstPush, IsRefusedUnlessItWasAskedFor) {
  expect_refused(plan(Tree("tank").dataset("", "t1"), nothing), ExitCode::refused, "--force-non-incremental");
}

TEST(FirstPush, SendsAllInFullWhenAskedFor) {
  const PushPlan result = plan(Tree("tank").dataset("", "t1 t2").dataset("a", "t2"), nothing, true);
  EXPECT_EQ(result.code, ExitCode::ok);
  ASSERT_TRUE(result.send);
  EXPECT_EQ(base_of(result), "(full)");
  EXPECT_EQ(result.send->source_root, "tank");
  EXPECT_EQ(result.send->target_root, "far/tank");
  EXPECT_EQ(result.send->to, "t2");
  EXPECT_EQ(result.to, "t2");
  EXPECT_EQ(result.send->properties, TargetConfig::default_properties());
  EXPECT_THAT(result.notes, IsEmpty());
}

TEST(FirstPush, TakesTheNewestSnapshotThatEveryDatasetHas) {
  const PushPlan result = plan(Tree("tank").dataset("", "t1 t2 x3").dataset("a", "t1 t2"), nothing, true);
  EXPECT_EQ(result.to, "t2");
  EXPECT_THAT(result.notes, ElementsAre(AllOf(HasSubstr("tank@x3"), HasSubstr("tank/a lacks"))));
}

TEST(FirstPush, LeavesOutADatasetThatIsYoungerThanTheSnapshot) {
  const PushPlan result = plan(Tree("tank").dataset("", "t1").dataset("young", "", 50), nothing, true);
  EXPECT_EQ(result.to, "t1");
  EXPECT_THAT(result.notes, ElementsAre(AllOf(HasSubstr("tank/young"), HasSubstr("created later"))));
}

TEST(FirstPush, IsRefusedWhereNoSnapshotIsOnEveryDataset) {
  const PushPlan result = plan(Tree("tank").dataset("", "x1 x2").dataset("a", "t3"), nothing, true);
  expect_refused(result, ExitCode::failed, "No snapshot is on every dataset of tank");
  EXPECT_THAT(result.refusal, Contains(HasSubstr("tank/a lacks the snapshot @x2")));
}

TEST(Push, ASourceWithoutSnapshotsHasNothingToSend) {
  for (const Inventory& target : {nothing, Inventory(Tree("far/tank").dataset(""))})
    expect_refused(plan(Tree("tank").dataset(""), target, true), ExitCode::failed, "no snapshot to send");
}

TEST(Push, NothingToSendWhenTheTargetHasTheNewest) {
  const PushPlan result = plan(Tree("tank").dataset("", "t1 t2"), Tree("far/tank").dataset("", "t1 t2"));
  EXPECT_EQ(result.code, ExitCode::ok);
  EXPECT_FALSE(result.send);
  EXPECT_EQ(result.to, "t2");
  EXPECT_THAT(result.notes, IsEmpty());
}

TEST(Push, NothingToSendIsFineAfterTheSourceExpired) {
  const PushPlan result = plan(Tree("tank").dataset("", "t3"), Tree("far/tank").dataset("", "t1 t2 t3"));
  EXPECT_EQ(result.code, ExitCode::ok);
  EXPECT_FALSE(result.send);
}

TEST(Push, SendsFromTheNewestCommonToTheNewest) {
  const PushPlan result = plan(Tree("tank").dataset("", "t1 t2 t3 t4").dataset("a", "t2 t3 t4"),
                               Tree("far/tank").dataset("", "t1 t2").dataset("a", "t2"));
  EXPECT_EQ(result.code, ExitCode::ok);
  EXPECT_EQ(base_of(result), "t2");
  EXPECT_EQ(result.to, "t4");
}

TEST(Push, AnIncrementNeedsNoForceAndForceMakesItNoFullSend) {
  const Inventory source = Tree("tank").dataset("", "t1 t2");
  const Inventory target = Tree("far/tank").dataset("", "t1");
  EXPECT_EQ(base_of(plan(source, target, false)), "t1");
  EXPECT_EQ(base_of(plan(source, target, true)), "t1");
}

TEST(Push, NothingInCommonNeedsAPersonEvenWithForce) {
  for (const bool force : {false, true}) {
    const PushPlan result = plan(Tree("tank").dataset("", "t1=1 t2=2"), Tree("far/tank").dataset("", "t1=9"), force);
    expect_refused(result, ExitCode::needs_person, "far/tank has 1 snapshots and none of them is one of the 2 of tank");
  }
}

TEST(Push, NothingInCommonInAChildNeedsAPersonToo) {
  expect_refused(plan(Tree("tank").dataset("", "t1 t2").dataset("a", "t1=1 t2=2"),
                      Tree("far/tank").dataset("", "t1").dataset("a", "t1=9")),
                 ExitCode::needs_person, "far/tank/a has 1 snapshots");
}

TEST(Push, ASourceWhoseSnapshotsAreAllGoneNeedsAPerson) {
  expect_refused(plan(Tree("tank").dataset(""), Tree("far/tank").dataset("", "t1")), ExitCode::needs_person,
                 "far/tank has 1 snapshots");
}

TEST(Push, ATargetWithoutAnySnapshotNeedsAPerson) {
  expect_refused(plan(Tree("tank").dataset("", "t1"), Tree("far/tank").dataset(""), true), ExitCode::needs_person,
                 "far/tank has no snapshot at the target");
}

TEST(Push, AChildWithoutSnapshotsAtTheTargetNeedsAPersonToo) {
  expect_refused(
      plan(Tree("tank").dataset("", "t1 t2").dataset("a", "t2"), Tree("far/tank").dataset("", "t1").dataset("a")),
      ExitCode::needs_person, "far/tank/a has no snapshot at the target");
}

TEST(Push, AChildWithoutSnapshotsOnBothSidesIsNoObstacle) {
  const PushPlan result =
      plan(Tree("tank").dataset("", "t1 t2").dataset("a", "", 90), Tree("far/tank").dataset("", "t1").dataset("a"));
  EXPECT_EQ(result.code, ExitCode::ok);
  EXPECT_EQ(base_of(result), "t1");
}

TEST(Push, ANewerSnapshotOfTheTargetsOwnIsADivergence) {
  const Inventory source = Tree("tank").dataset("", "t1 t2").dataset("a", "t1 t2");
  expect_refused(plan(source, Tree("far/tank").dataset("", "t1 x5").dataset("a", "t1")), ExitCode::needs_person,
                 "far/tank@x5 is newer than the newest common snapshot @t1");
  expect_refused(plan(source, Tree("far/tank").dataset("", "t1").dataset("a", "t1 x5")), ExitCode::needs_person,
                 "far/tank/a@x5 is newer than");
}

TEST(Push, ATargetThatIsAheadOfARolledBackSourceIsADivergence) {
  expect_refused(plan(Tree("tank").dataset("", "t1"), Tree("far/tank").dataset("", "t1 t2")), ExitCode::needs_person,
                 "far/tank@t2 is newer than");
}

TEST(Push, AnOlderForeignSnapshotAtTheTargetIsNoDivergence) {
  EXPECT_EQ(base_of(plan(Tree("tank").dataset("", "t2 t3"), Tree("far/tank").dataset("", "x1 t2"))), "t2");
}

TEST(Push, AnInterruptedReceiveIsReportedWithBothWaysOut) {
  const PushPlan result = plan(Tree("tank").dataset("", "t1 t2").dataset("a", "t1 t2"),
                               Tree("far/tank").dataset("", "t1").dataset("a", "t1").resume_token("a", "1-abc"));
  expect_refused(result, ExitCode::failed, "far/tank/a holds the rest of an interrupted receive");
  EXPECT_THAT(result.refusal, Contains(AllOf(HasSubstr("zfs send -t"), HasSubstr("zfs receive -A far/tank/a"))));
}

TEST(Push, AnInterruptedReceiveOfAChildThatTheSourceLacksIsReportedToo) {
  expect_refused(plan(Tree("tank").dataset("", "t1 t2"),
                      Tree("far/tank").dataset("", "t1").dataset("old").resume_token("old", "1-abc")),
                 ExitCode::failed, "far/tank/old holds the rest");
}

TEST(Push, ANewChildGoesWithTheIncrement) {
  const PushPlan result =
      plan(Tree("tank").dataset("", "t1 t2").dataset("new", "t2", 15), Tree("far/tank").dataset("", "t1"));
  EXPECT_EQ(base_of(result), "t1");
  EXPECT_EQ(result.to, "t2");
  EXPECT_THAT(result.notes, IsEmpty());
}

TEST(Push, AChildYoungerThanTheNewestSnapshotWaits) {
  const PushPlan result =
      plan(Tree("tank").dataset("", "t1 t2").dataset("young", "", 25), Tree("far/tank").dataset("", "t1"));
  EXPECT_EQ(result.to, "t2");
  EXPECT_THAT(result.notes, ElementsAre(AllOf(HasSubstr("tank/young"), HasSubstr("goes with the next snapshot"))));
}

TEST(Push, AChildThatVanishedFromTheSourceIsKeptAndTold) {
  const PushPlan result =
      plan(Tree("tank").dataset("", "t1 t2"), Tree("far/tank").dataset("", "t1").dataset("old", "t1"));
  EXPECT_EQ(base_of(result), "t1");
  EXPECT_THAT(result.notes, ElementsAre(AllOf(HasSubstr("far/tank/old"), HasSubstr("no longer at the source"))));
}

TEST(Push, ANewestSnapshotOfTheRootAloneWaitsForTheNextRecursiveOne) {
  const Inventory source = Tree("tank").dataset("", "t1 t2 x3").dataset("a", "t1 t2");
  const PushPlan behind = plan(source, Tree("far/tank").dataset("", "t1").dataset("a", "t1"));
  EXPECT_EQ(behind.to, "t2");
  EXPECT_THAT(behind.notes, ElementsAre(AllOf(HasSubstr("tank@x3"), HasSubstr("next recursive snapshot"))));
  const PushPlan level = plan(source, Tree("far/tank").dataset("", "t1 t2").dataset("a", "t1 t2"));
  EXPECT_EQ(level.code, ExitCode::ok);
  EXPECT_FALSE(level.send);
  EXPECT_EQ(level.to, "t2");
}

TEST(Push, AChildsOwnNewerSnapshotWaitsForTheNextRecursiveOne) {
  const PushPlan result = plan(Tree("tank").dataset("", "t1 t2").dataset("a", "t1 t2 x3"),
                               Tree("far/tank").dataset("", "t1").dataset("a", "t1"));
  EXPECT_EQ(result.to, "t2");
  EXPECT_THAT(result.notes, ElementsAre(AllOf(HasSubstr("tank/a has snapshots newer than @t2"))));
}

TEST(Push, ABaseIsFoundByGuidUnderItsNameAtTheSource) {
  const PushPlan result = plan(Tree("tank").dataset("", "renamed1=11 t2=2").dataset("a", "renamed1=12 t2=3"),
                               Tree("far/tank").dataset("", "t1=11").dataset("a", "t1=12"));
  EXPECT_EQ(result.code, ExitCode::ok);
  EXPECT_EQ(base_of(result), "renamed1");
}

TEST(Push, ASnapshotThatIsOnlyPlannedIsSentFromTheCommonOne) {
  const PushPlan result = plan(Tree("tank").dataset("", "t1 t2=0"), Tree("far/tank").dataset("", "t1"));
  EXPECT_EQ(base_of(result), "t1");
  EXPECT_EQ(result.to, "t2");
}

TEST(UnevenTree, AChildThatIsBehindIsRefused) {
  const PushPlan result = plan(Tree("tank").dataset("", "t1 t2 t3").dataset("a", "t1 t2 t3"),
                               Tree("far/tank").dataset("", "t1 t2").dataset("a", "t1"));
  expect_refused(result, ExitCode::failed, "far/tank/a is at @t1 while the tree is at @t2");
  EXPECT_THAT(result.refusal, Contains(HasSubstr("zfs send -w -p [-I @BASE]")));
}

TEST(UnevenTree, AChildThatIsAheadIsRefused) {
  expect_refused(plan(Tree("tank").dataset("", "t1 t2 t3").dataset("a", "t1 t2 t3"),
                      Tree("far/tank").dataset("", "t1").dataset("a", "t1 t2")),
                 ExitCode::failed, "far/tank/a is at @t2 while the tree is at @t1");
}

TEST(UnevenTree, AChildThatShouldHaveArrivedWithTheBaseIsRefused) {
  expect_refused(plan(Tree("tank").dataset("", "t1 t2").dataset("a", "t1 t2"), Tree("far/tank").dataset("", "t1")),
                 ExitCode::failed, "far/tank/a is missing at the target, which should have it up to @t1");
}

TEST(UnevenTree, IsRefusedAlsoWhenThereIsNothingNewToSend) {
  expect_refused(plan(Tree("tank").dataset("", "t1 t2").dataset("a", "t1 t2"), Tree("far/tank").dataset("", "t1 t2")),
                 ExitCode::failed, "far/tank/a is missing at the target");
  expect_refused(plan(Tree("tank").dataset("", "t1 t2").dataset("a", "t1 t2"),
                      Tree("far/tank").dataset("", "t1 t2").dataset("a", "t1")),
                 ExitCode::failed, "far/tank/a is at @t1 while the tree is at @t2");
}

TEST(UnevenTree, AChildThatTheStreamDoesNotCarryIsNoObstacle) {
  const PushPlan result = plan(Tree("tank").dataset("", "t1 t2").dataset("a", "t1=1", 25),
                               Tree("far/tank").dataset("", "t1").dataset("a", "t1=1"));
  EXPECT_EQ(result.code, ExitCode::ok);
  EXPECT_EQ(base_of(result), "t1");
}

TEST(UnevenTree, EachProblemHasASentence) {
  const PushPlan result = plan(Tree("tank").dataset("", "t1 t2 t3").dataset("a", "t1 t2 t3").dataset("b", "t1 t2 t3"),
                               Tree("far/tank").dataset("", "t1 t2").dataset("a", "t1"));
  EXPECT_EQ(result.refusal.size(), 3U);
}

}  // namespace
}  // namespace czb
