// SPDX-License-Identifier: MIT
// How a push is planned or refused, branch by branch (plan/push.h). Trees that are uneven: uneven_tree_test.cpp.
#include "plan/push.h"
#include "plan/push_plan_testing.h"

namespace czb {
namespace {

using test::asked_for_full;
using test::far_config;
using test::later_streams_of;
using test::outcome_of;
using test::plan;
using test::plan_of;
using test::sends_nothing;
using test::streams_of;
using test::Tree;
using test::tree_stream_of;
using test::why_of;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const Inventory nothing = Tree("far/tank");

void expect_refused(const PushPlan& plan, ExitCode code, const std::string& sentence) {
  EXPECT_EQ(plan.code, code);
  EXPECT_TRUE(sends_nothing(plan));
  EXPECT_EQ(plan.to, "");
  EXPECT_THAT(plan.refusal, Contains(HasSubstr(sentence)));
}

// The dataset is left as it is, and all others go on.
void expect_kept_back(const PushPlan& plan, const std::string& relative, const std::string& sentence) {
  EXPECT_EQ(plan.code, ExitCode::ok);
  const DatasetPlan& kept = plan_of(plan, relative);
  EXPECT_EQ(kept.outcome, Outcome::kept_back);
  EXPECT_EQ(kept.code, ExitCode::needs_person);
  EXPECT_THAT(kept.why, HasSubstr(sentence));
  EXPECT_THAT(kept.steps, IsEmpty());
  EXPECT_EQ(kept.goal, "");
  EXPECT_THAT(plan.refusal, Contains(kept.why));
}

TEST(FirstPush, IsRefusedUnlessItWasAskedFor) {
  expect_refused(plan(Tree("tank").dataset("", "t1"), nothing), ExitCode::refused, "--force-non-incremental");
}

TEST(FirstPush, SendsAllInFullWhenAskedFor) {
  TargetConfig config = far_config();
  config.properties = TargetConfig::default_properties();
  const PushPlan result = plan(Tree("tank").dataset("", "t1 t2").dataset("a", "t2"), nothing, asked_for_full(), config);
  EXPECT_EQ(result.code, ExitCode::ok);
  EXPECT_EQ(tree_stream_of(result), "tank@t2");
  EXPECT_EQ(result.send->source_root, "tank");
  EXPECT_EQ(result.send->target_root, "far/tank");
  EXPECT_EQ(result.to, "t2");
  EXPECT_EQ(result.send->properties, TargetConfig::default_properties());
  EXPECT_THAT(result.notes, IsEmpty());
  for (const char* relative : {"", "a"}) {
    EXPECT_EQ(outcome_of(result, relative), Outcome::sent);
    EXPECT_EQ(plan_of(result, relative).goal, "t2");
    EXPECT_THAT(plan_of(result, relative).steps, IsEmpty());
  }
}

TEST(FirstPush, TakesTheNewestSnapshotThatEveryDatasetHas) {
  const PushPlan result = plan(Tree("tank").dataset("", "t1 t2 x3").dataset("a", "t1 t2"), nothing, asked_for_full());
  EXPECT_EQ(result.to, "t2");
  EXPECT_EQ(tree_stream_of(result), "tank@t2");
  EXPECT_THAT(later_streams_of(result, ""), ElementsAre("-I @t2 tank@x3"));
  EXPECT_EQ(plan_of(result, "").goal, "x3");
  EXPECT_THAT(result.notes, IsEmpty());
}

TEST(FirstPush, LeavesOutADatasetThatIsYoungerThanTheSnapshot) {
  const PushPlan result = plan(Tree("tank").dataset("", "t1").dataset("young", "", 50), nothing, asked_for_full());
  EXPECT_EQ(tree_stream_of(result), "tank@t1");
  EXPECT_EQ(outcome_of(result, "young"), Outcome::kept_back);
  EXPECT_EQ(plan_of(result, "young").code, ExitCode::ok);
  EXPECT_THAT(result.notes, ElementsAre(AllOf(HasSubstr("tank/young"), HasSubstr("created later"))));
  EXPECT_THAT(result.refusal, IsEmpty());
}

TEST(FirstPush, GoesOneByOneWhereNoSnapshotIsOnEveryDataset) {
  const PushPlan result =
      plan(Tree("tank").dataset("", "x1 x2").dataset("a", "t3").dataset("b"), nothing, asked_for_full());
  EXPECT_EQ(result.code, ExitCode::ok);
  EXPECT_EQ(tree_stream_of(result), "none");
  EXPECT_THAT(streams_of(result, ""), ElementsAre("tank@x1", "-I @x1 tank@x2"));
  EXPECT_THAT(streams_of(result, "a"), ElementsAre("tank/a@t3"));
  EXPECT_THAT(plan_of(result, "a").after, ElementsAre(""));
  EXPECT_EQ(result.to, "x2");
  EXPECT_EQ(plan_of(result, "a").goal, "t3");
  EXPECT_THAT(result.notes, ElementsAre(AllOf(HasSubstr("tank/b has no snapshot"), HasSubstr("the next one"))));
}

TEST(FirstPush, GoesOneByOneWhereSeveralMayRunAtOnce) {
  TargetConfig config = far_config();
  config.parallel = 2;
  const PushPlan result =
      plan(Tree("tank").dataset("", "t1").dataset("a", "t1").dataset("a/b", "t1"), nothing, asked_for_full(), config);
  EXPECT_EQ(tree_stream_of(result), "none");
  EXPECT_THAT(streams_of(result, ""), ElementsAre("tank@t1"));
  EXPECT_THAT(streams_of(result, "a/b"), ElementsAre("tank/a/b@t1"));
  EXPECT_THAT(plan_of(result, "a/b").after, ElementsAre("a"));
  EXPECT_EQ(outcome_of(result, "a"), Outcome::sent);
}

TEST(FirstPush, OfAnEncryptedTreeIsAlwaysOneStream) {
  TargetConfig config = far_config();
  config.parallel = 8;
  const PushPlan result =
      plan(Tree("tank").dataset("", "t1").dataset("a", "t1").encrypted("", "tank").encrypted("a", "tank/a"), nothing,
           asked_for_full(), config);
  EXPECT_EQ(tree_stream_of(result), "raw: tank@t1");
}

TEST(FirstPush, OfOneDatasetAfterTheOtherSetsPropertiesOnTheRootAndLetsTheChildrenInherit) {
  TargetConfig config = far_config();
  config.properties = TargetConfig::default_properties();
  config.parallel = 2;
  const PushPlan result = plan(Tree("tank").dataset("", "t1").dataset("a", "t1"), nothing, asked_for_full(), config);
  const auto properties = [&](const std::string& relative) {
    return std::get<SendDataset>(plan_of(result, relative).steps.at(0)).properties;
  };
  EXPECT_EQ(properties(""), TargetConfig::default_properties());
  EXPECT_EQ(properties("a"), (ReceivedProperties{{"mountpoint", std::nullopt}, {"readonly", std::nullopt}}));
}

TEST(FirstPush, WithoutALimitOfSpaceIsOfOneDatasetAfterTheOtherUnlessItIsEncrypted) {
  TargetConfig config = far_config();
  config.properties = {{"compression", std::nullopt}, {"refreservation", std::nullopt}};
  const Tree tree = Tree("tank").dataset("", "t1").dataset("a", "t1");
  const PushPlan result = plan(tree, nothing, asked_for_full(), config);
  EXPECT_EQ(tree_stream_of(result), "none");
  for (const char* relative : {"", "a"})
    EXPECT_EQ(std::get<SendDataset>(plan_of(result, relative).steps.at(0)).properties,
              (ReceivedProperties{{"compression", std::nullopt}, {"refreservation", "none"}}));
  const PushPlan encrypted =
      plan(Tree(tree).encrypted("", "tank").encrypted("a", "tank/a"), nothing, asked_for_full(), config);
  EXPECT_EQ(tree_stream_of(encrypted), "raw: tank@t1");
  EXPECT_EQ(encrypted.send->properties, config.properties);
}

TEST(FirstPush, ThatWasInterruptedGoesOnWithoutBeingAskedForAgain) {
  const Inventory source = Tree("tank").dataset("", "t1 t2").dataset("a", "t1 t2");
  const PushPlan result = plan(source, Tree("far/tank").dataset("").partial("", "", "t1"));
  EXPECT_EQ(result.code, ExitCode::ok);
  EXPECT_THAT(streams_of(result, ""), ElementsAre("rest of 1-t1"));
  EXPECT_EQ(outcome_of(result, ""), Outcome::resumed);
  EXPECT_THAT(streams_of(result, "a"), ElementsAre("tank/a@t1"));
  EXPECT_EQ(tree_stream_of(result), "-I @t1 tank@t2");
}

TEST(Push, ASourceWithoutSnapshotsHasNothingToSend) {
  for (const Inventory& target : {nothing, Inventory(Tree("far/tank").dataset(""))})
    expect_refused(plan(Tree("tank").dataset(""), target, asked_for_full()), ExitCode::failed, "no snapshot to send");
}

TEST(Push, NothingToSendWhenTheTargetHasTheNewest) {
  const PushPlan result = plan(Tree("tank").dataset("", "t1 t2"), Tree("far/tank").dataset("", "t1 t2"));
  EXPECT_EQ(result.code, ExitCode::ok);
  EXPECT_TRUE(sends_nothing(result));
  EXPECT_EQ(outcome_of(result, ""), Outcome::up_to_date);
  EXPECT_EQ(result.to, "t2");
  EXPECT_THAT(result.notes, IsEmpty());
}

TEST(Push, NothingToSendIsFineAfterTheSourceExpired) {
  const PushPlan result = plan(Tree("tank").dataset("", "t3"), Tree("far/tank").dataset("", "t1 t2 t3"));
  EXPECT_EQ(result.code, ExitCode::ok);
  EXPECT_TRUE(sends_nothing(result));
}

TEST(Push, SendsFromTheNewestCommonToTheNewest) {
  const PushPlan result = plan(Tree("tank").dataset("", "t1 t2 t3 t4").dataset("a", "t2 t3 t4"),
                               Tree("far/tank").dataset("", "t1 t2").dataset("a", "t2"));
  EXPECT_EQ(result.code, ExitCode::ok);
  EXPECT_EQ(tree_stream_of(result), "-I @t2 tank@t4");
  EXPECT_EQ(outcome_of(result, "a"), Outcome::sent);
  EXPECT_EQ(result.to, "t4");
}

TEST(Push, AnIncrementNeedsNoForceAndForceMakesItNoFullSend) {
  const Inventory source = Tree("tank").dataset("", "t1 t2");
  const Inventory target = Tree("far/tank").dataset("", "t1");
  EXPECT_EQ(tree_stream_of(plan(source, target)), "-I @t1 tank@t2");
  EXPECT_EQ(tree_stream_of(plan(source, target, asked_for_full())), "-I @t1 tank@t2");
}

TEST(Push, NothingInCommonAtTheRootNeedsAPersonEvenWithForce) {
  for (const PushOptions& options : {PushOptions(), asked_for_full()}) {
    const PushPlan result = plan(Tree("tank").dataset("", "t1=1 t2=2"), Tree("far/tank").dataset("", "t1=9"), options);
    expect_refused(result, ExitCode::needs_person, "far/tank has 1 snapshots and none of them is one of the 2 of tank");
  }
}

TEST(Push, ASourceWhoseSnapshotsAreAllGoneNeedsAPerson) {
  expect_refused(plan(Tree("tank").dataset(""), Tree("far/tank").dataset("", "t1")), ExitCode::needs_person,
                 "far/tank has 1 snapshots");
}

TEST(Push, ATargetWithoutAnySnapshotNeedsAPerson) {
  expect_refused(plan(Tree("tank").dataset("", "t1"), Tree("far/tank").dataset(""), asked_for_full()),
                 ExitCode::needs_person, "far/tank has no snapshot at the target");
}

TEST(Push, ANewerSnapshotOfTheTargetsRootIsADivergence) {
  expect_refused(plan(Tree("tank").dataset("", "t1 t2").dataset("a", "t1 t2"),
                      Tree("far/tank").dataset("", "t1 x5").dataset("a", "t1")),
                 ExitCode::needs_person, "far/tank@x5 is newer than the newest common snapshot @t1");
}

TEST(Push, ATargetThatIsAheadOfARolledBackSourceIsADivergence) {
  expect_refused(plan(Tree("tank").dataset("", "t1"), Tree("far/tank").dataset("", "t1 t2")), ExitCode::needs_person,
                 "far/tank@t2 is newer than");
}

TEST(Push, ARootThatWasWrittenToNeedsAPerson) {
  expect_refused(plan(Tree("tank").dataset("", "t1 t2"), Tree("far/tank").dataset("", "t1").written("", 512)),
                 ExitCode::needs_person, "far/tank was written to since @t1");
}

TEST(Push, WhatWasWrittenStopsNothingAsLongAsNothingIsNew) {
  const PushPlan result = plan(Tree("tank").dataset("", "t1"), Tree("far/tank").dataset("", "t1").written("", 512));
  EXPECT_EQ(result.code, ExitCode::ok);
  EXPECT_THAT(result.notes, ElementsAre(AllOf(HasSubstr("far/tank was written to"), HasSubstr("the next push"))));
}

TEST(Push, AnOlderForeignSnapshotAtTheTargetIsNoDivergence) {
  EXPECT_EQ(tree_stream_of(plan(Tree("tank").dataset("", "t2 t3"), Tree("far/tank").dataset("", "x1 t2"))),
            "-I @t2 tank@t3");
}

TEST(Push, ANewChildGoesWithTheIncrement) {
  const PushPlan result =
      plan(Tree("tank").dataset("", "t1 t2").dataset("new", "t2", 15), Tree("far/tank").dataset("", "t1"));
  EXPECT_EQ(tree_stream_of(result), "-I @t1 tank@t2");
  EXPECT_THAT(plan_of(result, "new").steps, IsEmpty());
  EXPECT_EQ(outcome_of(result, "new"), Outcome::sent);
  EXPECT_THAT(result.notes, IsEmpty());
}

TEST(Push, AChildYoungerThanTheNewestSnapshotWaits) {
  const PushPlan result =
      plan(Tree("tank").dataset("", "t1 t2").dataset("young", "", 25), Tree("far/tank").dataset("", "t1"));
  EXPECT_EQ(result.to, "t2");
  EXPECT_EQ(plan_of(result, "young").code, ExitCode::ok);
  EXPECT_THAT(result.notes, ElementsAre(AllOf(HasSubstr("tank/young"), HasSubstr("goes with the next snapshot"))));
}

TEST(Push, AChildThatVanishedFromTheSourceIsKeptAndTold) {
  const PushPlan result =
      plan(Tree("tank").dataset("", "t1 t2"), Tree("far/tank").dataset("", "t1").dataset("old", "t1"));
  EXPECT_EQ(tree_stream_of(result), "-I @t1 tank@t2");
  EXPECT_THAT(result.notes, ElementsAre(AllOf(HasSubstr("far/tank/old"), HasSubstr("no longer at the source"),
                                              HasSubstr("the target keeps it"))));
}

TEST(Push, ANewestSnapshotOfTheRootAloneGoesAfterTheTree) {
  const Inventory source = Tree("tank").dataset("", "t1 t2 x3").dataset("a", "t1 t2");
  const PushPlan behind = plan(source, Tree("far/tank").dataset("", "t1").dataset("a", "t1"));
  EXPECT_EQ(behind.to, "t2");
  EXPECT_EQ(tree_stream_of(behind), "-I @t1 tank@t2");
  EXPECT_THAT(later_streams_of(behind, ""), ElementsAre("-I @t2 tank@x3"));
  const PushPlan level = plan(source, Tree("far/tank").dataset("", "t1 t2").dataset("a", "t1 t2"));
  EXPECT_EQ(level.code, ExitCode::ok);
  EXPECT_EQ(tree_stream_of(level), "none");
  EXPECT_THAT(later_streams_of(level, ""), ElementsAre("-I @t2 tank@x3"));
  EXPECT_EQ(level.to, "t2");
  EXPECT_TRUE(sends_nothing(plan(source, Tree("far/tank").dataset("", "t1 t2 x3").dataset("a", "t1 t2"))));
}

TEST(Push, AChildsOwnNewerSnapshotGoesAfterTheTree) {
  const PushPlan result = plan(Tree("tank").dataset("", "t1 t2").dataset("a", "t1 t2 x3"),
                               Tree("far/tank").dataset("", "t1").dataset("a", "t1"));
  EXPECT_EQ(result.to, "t2");
  EXPECT_EQ(tree_stream_of(result), "-I @t1 tank@t2");
  EXPECT_THAT(streams_of(result, "a"), IsEmpty());
  EXPECT_THAT(later_streams_of(result, "a"), ElementsAre("-I @t2 tank/a@x3"));
  EXPECT_EQ(plan_of(result, "a").goal, "x3");
  EXPECT_THAT(result.notes, IsEmpty());
}

TEST(Push, AChildThatHasItsOwnNewerSnapshotAlreadyGoesOnFromThere) {
  const PushPlan ahead = plan(Tree("tank").dataset("", "t1 t2").dataset("a", "t1 t2 x3 x4"),
                              Tree("far/tank").dataset("", "t1 t2").dataset("a", "t1 t2 x3"));
  EXPECT_EQ(tree_stream_of(ahead), "none");
  EXPECT_THAT(streams_of(ahead, "a"), ElementsAre("-I @x3 tank/a@x4"));
}

TEST(Push, AYoungChildWithASnapshotOfItsOwnComesAfterItsParent) {
  const PushPlan result = plan(Tree("tank")
                                   .dataset("", "t1 t2")
                                   .dataset("new", "t2", 15)
                                   .dataset("new/young", "x3", 25)
                                   .dataset("young", "x3", 25),
                               Tree("far/tank").dataset("", "t1"));
  EXPECT_EQ(tree_stream_of(result), "-I @t1 tank@t2");
  EXPECT_THAT(streams_of(result, "new/young"), IsEmpty());
  EXPECT_THAT(later_streams_of(result, "new/young"), ElementsAre("tank/new/young@x3"));
  EXPECT_THAT(streams_of(result, "young"), ElementsAre("tank/young@x3"));
  EXPECT_THAT(result.notes, IsEmpty());
}

TEST(Push, WhatHasSnapshotsBelowADatasetWithoutIsNoSuccess) {
  const PushPlan result = plan(Tree("tank")
                                   .dataset("", "t1")
                                   .dataset("m")
                                   .dataset("m/leaf", "t1")
                                   .dataset("m/leaf/deep", "t1")
                                   .dataset("m/none"),
                               nothing, asked_for_full());
  EXPECT_THAT(streams_of(result, ""), ElementsAre("tank@t1"));
  EXPECT_EQ(plan_of(result, "m").code, ExitCode::ok);
  EXPECT_EQ(plan_of(result, "m/none").code, ExitCode::ok);
  for (const char* relative : {"m/leaf", "m/leaf/deep"}) {
    EXPECT_EQ(outcome_of(result, relative), Outcome::kept_back);
    EXPECT_EQ(plan_of(result, relative).code, ExitCode::failed);
    EXPECT_THAT(why_of(result, relative), HasSubstr("its parent is not at the target (tank/m has no snapshot"));
  }
  EXPECT_THAT(result.errors, ElementsAre(plan_of(result, "m/leaf").why));
  EXPECT_THAT(result.refusal, IsEmpty());
}

TEST(Push, ABaseIsFoundByGuidUnderItsNameAtTheSource) {
  const PushPlan result = plan(Tree("tank").dataset("", "renamed1=11 t2=2").dataset("a", "renamed1=12 t2=3"),
                               Tree("far/tank").dataset("", "t1=11").dataset("a", "t1=12"));
  EXPECT_EQ(result.code, ExitCode::ok);
  EXPECT_EQ(tree_stream_of(result), "-I @renamed1 tank@t2");
}

TEST(Push, ASnapshotThatIsOnlyPlannedIsSentFromTheCommonOne) {
  const PushPlan result = plan(Tree("tank").dataset("", "t1 t2=0"), Tree("far/tank").dataset("", "t1"));
  EXPECT_EQ(tree_stream_of(result), "-I @t1 tank@t2");
  EXPECT_EQ(result.to, "t2");
}

TEST(Push, GoesOneByOneAfterAStreamOfTheTreeHasFailed) {
  PushOptions options;
  options.allow_tree = false;
  const PushPlan result = plan(Tree("tank").dataset("", "t1 t2").dataset("a", "t1 t2").dataset("new", "t2", 15),
                               Tree("far/tank").dataset("", "t1").dataset("a", "t1"), options);
  EXPECT_EQ(tree_stream_of(result), "none");
  EXPECT_THAT(streams_of(result, ""), ElementsAre("-I @t1 tank@t2"));
  EXPECT_THAT(streams_of(result, "a"), ElementsAre("-I @t1 tank/a@t2"));
  EXPECT_THAT(streams_of(result, "new"), ElementsAre("tank/new@t2"));
  EXPECT_EQ(outcome_of(result, "a"), Outcome::sent);
}

TEST(KeptBack, AChildWithNothingInCommonAndItsSiblingsGoOn) {
  const PushPlan result = plan(Tree("tank").dataset("", "t1 t2").dataset("a", "t1=1 t2=2").dataset("b", "t1 t2"),
                               Tree("far/tank").dataset("", "t1").dataset("a", "t1=9").dataset("b", "t1"));
  expect_kept_back(result, "a", "far/tank/a has 1 snapshots and none of them is one of the 2 of tank/a");
  EXPECT_EQ(tree_stream_of(result), "none") << "one stream would carry it too";
  EXPECT_THAT(streams_of(result, ""), ElementsAre("-I @t1 tank@t2"));
  EXPECT_THAT(streams_of(result, "b"), ElementsAre("-I @t1 tank/b@t2"));
  EXPECT_EQ(result.to, "t2");
  EXPECT_EQ(plan_of(result, "b").goal, "t2");
}

TEST(KeptBack, AChildThatDivergedAndItsOwnChildrenGoOn) {
  const PushPlan result = plan(Tree("tank").dataset("", "t1 t2").dataset("a", "t1 t2").dataset("a/b", "t1 t2"),
                               Tree("far/tank").dataset("", "t1").dataset("a", "t1 x5").dataset("a/b", "t1"));
  expect_kept_back(result, "a", "far/tank/a@x5 is newer than the newest common snapshot @t1");
  EXPECT_THAT(streams_of(result, "a/b"), ElementsAre("-I @t1 tank/a/b@t2"));
}

TEST(KeptBack, AChildThatWasWrittenTo) {
  const PushPlan result = plan(Tree("tank").dataset("", "t1 t2").dataset("a", "t1 t2"),
                               Tree("far/tank").dataset("", "t1").dataset("a", "t1").written("a", 512));
  expect_kept_back(result, "a", "far/tank/a was written to since @t1");
  EXPECT_THAT(result.refusal, Contains(HasSubstr("on-divergence: rollback")));
}

TEST(KeptBack, AChildWithoutSnapshotsAtTheTarget) {
  const PushPlan result =
      plan(Tree("tank").dataset("", "t1 t2").dataset("a", "t2"), Tree("far/tank").dataset("", "t1").dataset("a"));
  expect_kept_back(result, "a", "far/tank/a has no snapshot at the target");
}

TEST(KeptBack, AChildWithoutSnapshotsOnBothSidesWaits) {
  const PushPlan result =
      plan(Tree("tank").dataset("", "t1 t2").dataset("a", "", 90), Tree("far/tank").dataset("", "t1").dataset("a"));
  EXPECT_EQ(result.code, ExitCode::ok);
  EXPECT_EQ(plan_of(result, "a").code, ExitCode::ok);
  EXPECT_EQ(tree_stream_of(result), "-I @t1 tank@t2");
}

TEST(KeptBack, AChildThatKeepsItsOwnPaceDoesNotHoldUpTheNewestSnapshotOfTheRest) {
  const PushPlan result = plan(Tree("tank").dataset("", "t1 t2").dataset("a", "x1=1").dataset("b", "t1 t2"),
                               Tree("far/tank").dataset("", "t1").dataset("a", "x1=9").dataset("b", "t1"));
  expect_kept_back(result, "a", "far/tank/a has 1 snapshots");
  EXPECT_EQ(result.to, "t2");
  EXPECT_EQ(tree_stream_of(result), "-s -I @t1 tank@t2") << "it lacks @t2, so one stream can leave it out";
}

TEST(KeptBack, EachObstacleIsExplainedOnceAndNamedForEachDataset) {
  const PushPlan result =
      plan(Tree("tank").dataset("", "t1 t2").dataset("a", "t1=1").dataset("b", "t1=2").dataset("c", "t1 t2"),
           Tree("far/tank").dataset("", "t1").dataset("a", "t1=8").dataset("b", "t1=9").dataset("c", "t1 x5"));
  EXPECT_EQ(result.refusal.size(), 5U);
  EXPECT_THAT(result.refusal, Contains(HasSubstr("no snapshot in common")).Times(1));
  EXPECT_THAT(result.refusal, Contains(HasSubstr("They may be the only copy")).Times(1));
}

TEST(KeptBack, WhatFailedInThisRunIsLeftAloneAndItsSiblingsGoOn) {
  PushOptions options;
  options.left_alone["a"] = {"out of space"};
  const PushPlan result = plan(Tree("tank").dataset("", "t1 t2").dataset("a", "t1 t2").dataset("b", "t1 t2"),
                               Tree("far/tank").dataset("", "t1").dataset("a", "t1").dataset("b", "t1"), options);
  EXPECT_EQ(result.code, ExitCode::ok);
  EXPECT_EQ(outcome_of(result, "a"), Outcome::failed);
  EXPECT_EQ(plan_of(result, "a").code, ExitCode::failed);
  EXPECT_EQ(why_of(result, "a"), "out of space");
  EXPECT_THAT(plan_of(result, "a").steps, IsEmpty());
  EXPECT_EQ(tree_stream_of(result), "none");
  EXPECT_THAT(streams_of(result, "b"), ElementsAre("-I @t1 tank/b@t2"));
}

TEST(KeptBack, WhatAGuardLeavesAsItIsHasNotFailed) {
  PushOptions options;
  options.left_alone["a"] = {"in the way", ExitCode::refused};
  const PushPlan result = plan(Tree("tank").dataset("", "t1 t2").dataset("a", "t1 t2"),
                               Tree("far/tank").dataset("", "t1").dataset("a", "t1"), options);
  EXPECT_EQ(outcome_of(result, "a"), Outcome::kept_back);
  EXPECT_EQ(plan_of(result, "a").code, ExitCode::refused);
  EXPECT_EQ(why_of(result, "a"), "in the way");
  EXPECT_THAT(plan_of(result, "a").steps, IsEmpty());
}

TEST(KeptBack, AFailedRootHoldsUpOnlyWhatIsNotThereYet) {
  PushOptions options;
  options.left_alone[""] = {"out of space"};
  const PushPlan result = plan(Tree("tank").dataset("", "t1 t2").dataset("a", "t1 t2"),
                               Tree("far/tank").dataset("", "t1").dataset("a", "t1"), options);
  EXPECT_EQ(outcome_of(result, ""), Outcome::failed);
  EXPECT_THAT(streams_of(result, "a"), ElementsAre("-I @t1 tank/a@t2"));
}

TEST(KeptBack, AChildWhoseParentStaysAwayWaitsWithIt) {
  PushOptions options;
  options.left_alone["a"] = {"out of space"};
  const PushPlan result = plan(Tree("tank").dataset("", "t1 t2").dataset("a", "t1 t2").dataset("a/b", "t1 t2"),
                               Tree("far/tank").dataset("", "t1"), options);
  EXPECT_EQ(outcome_of(result, "a/b"), Outcome::kept_back);
  EXPECT_EQ(plan_of(result, "a/b").code, ExitCode::failed);
  EXPECT_THAT(why_of(result, "a/b"), AllOf(HasSubstr("its parent is not at the target"), HasSubstr("out of space")));
}

TEST(KeptBack, AGrandchildOfAYoungParentWaitsAndThatIsNoSuccess) {
  const PushPlan result =
      plan(Tree("tank").dataset("", "t1 t2").dataset("young", "", 25).dataset("young/moved", "t1 t2"),
           Tree("far/tank").dataset("", "t1"));
  EXPECT_EQ(result.code, ExitCode::ok);
  EXPECT_EQ(outcome_of(result, "young/moved"), Outcome::kept_back);
  EXPECT_EQ(plan_of(result, "young/moved").code, ExitCode::failed);
  EXPECT_THAT(result.errors, ElementsAre(why_of(result, "young/moved")));
  EXPECT_THAT(result.refusal, IsEmpty());
  EXPECT_THAT(streams_of(result, ""), ElementsAre("-I @t1 tank@t2"));
}

TEST(Outcomes, HaveNamesForPeople) {
  EXPECT_STREQ(to_string(Outcome::up_to_date), "up to date");
  EXPECT_STREQ(to_string(Outcome::sent), "sent");
  EXPECT_STREQ(to_string(Outcome::resumed), "resumed");
  EXPECT_STREQ(to_string(Outcome::healed), "healed");
  EXPECT_STREQ(to_string(Outcome::kept_back), "kept back");
  EXPECT_STREQ(to_string(Outcome::failed), "failed");
}

// Before anything is sent, by name; the others go on.
TEST(PushPlan, ADatasetWhoseNameIsTooLongAtTheTargetIsKeptBackWithAllBelowIt) {
  const std::string name(245, 'x');
  const Inventory source =
      Tree("tank").dataset("", "t1 t2").dataset("a", "t1 t2").dataset(name, "t1 t2").dataset(name + "/y", "t1 t2");
  const PushPlan first = plan(source, nothing, asked_for_full());
  expect_kept_back(first, name, "far/tank/" + name + "@t1 would have 257 bytes, and ZFS allows 255");
  EXPECT_EQ(plan_of(first, name + "/y").outcome, Outcome::kept_back);
  EXPECT_THAT(streams_of(first, "a"), ElementsAre("tank/a@t1", "-I @t1 tank/a@t2"));
  EXPECT_THAT(first.refusal, Contains(HasSubstr("shorter name")));

  const Inventory target = Tree("far/tank").dataset("", "t1").dataset("a", "t1");
  EXPECT_THAT(streams_of(plan(source, target), "a"), ElementsAre("-I @t1 tank/a@t2"));
}

TEST(PushPlan, OneNewSnapshotWithATooLongNameKeepsItsDatasetBack) {
  const Inventory source = Tree("tank").dataset("", "t1 t2").dataset("a", "t1 t2 x" + std::string(246, 'x') + "9");
  const Inventory target = Tree("far/tank").dataset("", "t1").dataset("a", "t1");
  expect_kept_back(plan(source, target), "a", "bytes, and ZFS allows 255");
  // What it has already got is no matter.
  const Inventory all = Tree("far/tank").dataset("", "t1").dataset("a", "t1 t2 x" + std::string(246, 'x') + "9");
  EXPECT_NE(outcome_of(plan(source, all), "a"), Outcome::kept_back);
}

TEST(PushPlan, ARootWhoseNameIsTooLongAtTheTargetStopsAll) {
  TargetConfig config = far_config();
  config.dataset = "far/" + std::string(250, 'x');
  const Inventory target = Tree(config.dataset);
  expect_refused(plan(Tree("tank").dataset("", "t1"), target, asked_for_full(), config), ExitCode::needs_person,
                 "would have 257 bytes");
}

TEST(PushPlan, ABackupThatTheSourceHasARecordOfIsNotToBeSentAnewInTheFirstPlace) {
  Inventory source = Tree("tank").dataset("", "t1");
  expect_refused(plan(source, nothing), ExitCode::refused, "If this is the first push");
  source.datasets.at("").user_properties["cyber-zfs-backup:base.far"] = "tank@t1";
  expect_refused(plan(source, nothing), ExitCode::refused, "was it renamed?");
}

}  // namespace
}  // namespace czb
