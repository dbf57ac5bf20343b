// SPDX-License-Identifier: MIT
// Trees whose datasets are not all at the same snapshot at the target: each is brought to where one stream can carry
// all, or goes by itself (plan/push.h).
#include "plan/push.h"
#include "plan/push_plan_testing.h"

namespace czb {
namespace {

using test::asked_for_full;
using test::far_config;
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

TEST(UnevenTree, AChildThatIsBehindIsBroughtToTheBaseFirst) {
  const PushPlan result = plan(Tree("tank").dataset("", "t1 t2 t3").dataset("a", "t1 t2 t3"),
                               Tree("far/tank").dataset("", "t1 t2").dataset("a", "t1"));
  EXPECT_THAT(streams_of(result, "a"), ElementsAre("-I @t1 tank/a@t2"));
  EXPECT_EQ(tree_stream_of(result), "-I @t2 tank@t3");
  EXPECT_EQ(outcome_of(result, "a"), Outcome::healed);
  EXPECT_EQ(why_of(result, "a"), "it was behind the rest of the tree");
  EXPECT_EQ(plan_of(result, "a").goal, "t3");
  EXPECT_EQ(outcome_of(result, ""), Outcome::sent);
}

TEST(UnevenTree, AChildThatIsAheadSetsTheBaseForAll) {
  const PushPlan result = plan(Tree("tank").dataset("", "t1 t2 t3").dataset("a", "t1 t2 t3"),
                               Tree("far/tank").dataset("", "t1").dataset("a", "t1 t2"));
  EXPECT_THAT(streams_of(result, ""), ElementsAre("-I @t1 tank@t2"));
  EXPECT_THAT(streams_of(result, "a"), IsEmpty());
  EXPECT_EQ(tree_stream_of(result), "-I @t2 tank@t3");
  EXPECT_EQ(outcome_of(result, ""), Outcome::healed);
}

TEST(UnevenTree, AChildThatIsAheadAtASnapshotOfItsOwnMakesAllGoOneByOne) {
  const PushPlan result = plan(Tree("tank").dataset("", "t1 t3").dataset("a", "t1 x2 t3"),
                               Tree("far/tank").dataset("", "t1").dataset("a", "t1 x2"));
  EXPECT_EQ(tree_stream_of(result), "none");
  EXPECT_THAT(streams_of(result, ""), ElementsAre("-I @t1 tank@t3"));
  EXPECT_THAT(streams_of(result, "a"), ElementsAre("-I @x2 tank/a@t3"));
}

TEST(UnevenTree, AChildThatIsMissingIsSentUpToTheBaseFirst) {
  const PushPlan result =
      plan(Tree("tank").dataset("", "t1 t2").dataset("a", "x0 t1 t2"), Tree("far/tank").dataset("", "t1"));
  EXPECT_THAT(streams_of(result, "a"), ElementsAre("tank/a@x0", "-I @x0 tank/a@t1"));
  EXPECT_EQ(tree_stream_of(result), "-I @t1 tank@t2");
  EXPECT_EQ(outcome_of(result, "a"), Outcome::healed);
  EXPECT_EQ(why_of(result, "a"), "it was missing at the target");
}

TEST(UnevenTree, IsHealedAlsoWhenThereIsNothingNewToSend) {
  const PushPlan result = plan(Tree("tank").dataset("", "t1 t2").dataset("a", "t1 t2").dataset("b", "t1 t2"),
                               Tree("far/tank").dataset("", "t1 t2").dataset("a", "t1"));
  EXPECT_EQ(tree_stream_of(result), "none");
  EXPECT_THAT(streams_of(result, "a"), ElementsAre("-I @t1 tank/a@t2"));
  EXPECT_THAT(streams_of(result, "b"), ElementsAre("tank/b@t1", "-I @t1 tank/b@t2"));
  EXPECT_EQ(outcome_of(result, ""), Outcome::up_to_date);
}

TEST(UnevenTree, AMissingChildWaitsForItsMissingParentsSteps) {
  const PushPlan result = plan(Tree("tank").dataset("", "t1 t2").dataset("a", "t1 t2").dataset("a/b", "t1 t2"),
                               Tree("far/tank").dataset("", "t1"));
  EXPECT_THAT(plan_of(result, "a").after, IsEmpty());
  EXPECT_THAT(plan_of(result, "a/b").after, ElementsAre("a"));
  EXPECT_EQ(tree_stream_of(result), "-I @t1 tank@t2");
}

TEST(UnevenTree, AMissingChildWhoseParentOnlyTheStreamBringsMakesAllGoOneByOne) {
  // The parent is new; its child was moved there, and has the base.
  const PushPlan result = plan(Tree("tank").dataset("", "t1 t2").dataset("new", "t2", 15).dataset("new/a", "t1 t2"),
                               Tree("far/tank").dataset("", "t1"));
  EXPECT_EQ(tree_stream_of(result), "none");
  EXPECT_THAT(streams_of(result, "new"), ElementsAre("tank/new@t2"));
  EXPECT_THAT(streams_of(result, "new/a"), ElementsAre("tank/new/a@t1", "-I @t1 tank/new/a@t2"));
  EXPECT_THAT(plan_of(result, "new/a").after, ElementsAre("new"));
}

TEST(UnevenTree, AChildThatWasSkippedOnceAndLacksTheBaseMakesAllGoOneByOne) {
  const PushPlan result = plan(Tree("tank").dataset("", "t1 t2 t3").dataset("a", "t1 t3"),
                               Tree("far/tank").dataset("", "t1 t2").dataset("a", "t1"));
  EXPECT_EQ(tree_stream_of(result), "none");
  EXPECT_THAT(streams_of(result, "a"), ElementsAre("-I @t1 tank/a@t3"));
  EXPECT_THAT(streams_of(result, ""), ElementsAre("-I @t2 tank@t3"));
}

TEST(UnevenTree, AChildWithSnapshotsOfItsOwnPaceGoesToItsNewest) {
  const PushPlan result = plan(Tree("tank").dataset("", "t1 t2").dataset("a", "t1=1 x9=2", 25),
                               Tree("far/tank").dataset("", "t1").dataset("a", "t1=1"));
  EXPECT_EQ(tree_stream_of(result), "-I @t1 tank@t2");
  EXPECT_THAT(streams_of(result, "a"), ElementsAre("-I @t1 tank/a@x9"));
  EXPECT_EQ(plan_of(result, "a").goal, "x9");
}

TEST(UnevenTree, AnOldChildThatLacksTheTargetsNewestIsSkippedAndGoesByItself) {
  const PushPlan result = plan(Tree("tank").dataset("", "t2").dataset("a", "x1 x2").dataset("b", "t2"),
                               Tree("far/tank").dataset("", "t2").dataset("a", "x1").dataset("b", "t2"));
  EXPECT_EQ(result.to, "t2");
  EXPECT_THAT(streams_of(result, "a"), ElementsAre("-I @x1 tank/a@x2"));
  EXPECT_EQ(tree_stream_of(result), "none");
}

TEST(UnevenTree, ADatasetThatMovedBelowANewOneIsNotSentAgainButWaitsToBeRenamed) {
  const Inventory source = Tree("tank")
                               .dataset("", "t1 t2")
                               .dataset("new", "t2")
                               .dataset("new/m", "t1=11 t2")
                               .dataset("new/m/x", "t1=12 t2");
  const Inventory target = Tree("far/tank").dataset("", "t1").dataset("m", "t1=11").dataset("m/x", "t1=12");
  const PushPlan result = plan(source, target);
  EXPECT_TRUE(result.unfinished);
  EXPECT_THAT(streams_of(result, "new"), ElementsAre("tank/new@t2"));
  for (const std::string waits : {"new/m", "new/m/x"}) {
    EXPECT_EQ(outcome_of(result, waits), Outcome::kept_back);
    EXPECT_EQ(plan_of(result, waits).code, ExitCode::ok);
    EXPECT_THAT(why_of(result, waits), HasSubstr("far/tank/m is renamed to far/tank/new/m as soon as"));
  }
  EXPECT_FALSE(plan(source, Tree("far/tank").dataset("", "t1")).unfinished);
}

TEST(UnevenTree, BelowAVolumeThatIsAFilesystemNowNothingIsSent) {
  Inventory target = Tree("far/tank").dataset("", "t1").dataset("a", "t1=99");
  target.datasets.at("a").kind = DatasetKind::volume;
  const PushPlan result = plan(Tree("tank").dataset("", "t1 t2").dataset("a", "t2").dataset("a/b", "t2"), target);
  EXPECT_EQ(outcome_of(result, "a/b"), Outcome::kept_back);
  EXPECT_EQ(plan_of(result, "a/b").code, ExitCode::needs_person);
}

TEST(InterruptedReceive, ThatFitsTheBaseIsFinished) {
  const PushPlan result = plan(Tree("tank").dataset("", "t1 t2 t3").dataset("a", "t1 t2 t3"),
                               Tree("far/tank").dataset("", "t1 t2").dataset("a", "t1").partial("a", "t1", "t2"));
  EXPECT_THAT(streams_of(result, "a"), ElementsAre("rest of 1-t2"));
  EXPECT_EQ(tree_stream_of(result), "-I @t2 tank@t3");
  EXPECT_EQ(outcome_of(result, "a"), Outcome::resumed);
}

TEST(InterruptedReceive, ThatEndsBeforeTheBaseIsFollowedByTheRest) {
  const PushPlan result = plan(Tree("tank").dataset("", "t1 t2 t3 t4").dataset("a", "t1 t2 t3 t4"),
                               Tree("far/tank").dataset("", "t1 t2 t3").dataset("a", "t1").partial("a", "t1", "t2"));
  EXPECT_THAT(streams_of(result, "a"), ElementsAre("rest of 1-t2", "-I @t2 tank/a@t3"));
  EXPECT_EQ(tree_stream_of(result), "-I @t3 tank@t4");
}

TEST(InterruptedReceive, ThatEndsBeyondTheOthersSetsTheBase) {
  const PushPlan result = plan(Tree("tank").dataset("", "t1 t2 t3").dataset("a", "t1 t2 t3"),
                               Tree("far/tank").dataset("", "t1").dataset("a", "t1").partial("a", "t1", "t2"));
  EXPECT_THAT(streams_of(result, "a"), ElementsAre("rest of 1-t2"));
  EXPECT_THAT(streams_of(result, ""), ElementsAre("-I @t1 tank@t2"));
  EXPECT_EQ(tree_stream_of(result), "-I @t2 tank@t3");
}

TEST(InterruptedReceive, ThatEndsBeyondWhatTheTreeGoesToIsFinishedAllTheSame) {
  const PushPlan result = plan(Tree("tank").dataset("", "t1 t2").dataset("a", "t1 t2 x3"),
                               Tree("far/tank").dataset("", "t1").dataset("a", "t1 t2").partial("a", "t2", "x3"));
  EXPECT_THAT(streams_of(result, "a"), ElementsAre("rest of 1-x3"));
  EXPECT_EQ(tree_stream_of(result), "none");
  EXPECT_THAT(streams_of(result, ""), ElementsAre("-I @t1 tank@t2"));
}

TEST(InterruptedReceive, OfTheFirstStreamOfAChildIsFinished) {
  const PushPlan result = plan(Tree("tank").dataset("", "t1 t2").dataset("a", "t1 t2"),
                               Tree("far/tank").dataset("", "t1").dataset("a").partial("a", "", "t1").written("a", 9));
  EXPECT_THAT(streams_of(result, "a"), ElementsAre("rest of 1-t1"));
  EXPECT_EQ(tree_stream_of(result), "-I @t1 tank@t2");
}

TEST(InterruptedReceive, OfADatasetThatTheSourceLacksIsNobodysObstacle) {
  const PushPlan result = plan(Tree("tank").dataset("", "t1 t2"),
                               Tree("far/tank").dataset("", "t1").dataset("old").resume_token("old", "1-abc"));
  EXPECT_EQ(tree_stream_of(result), "-I @t1 tank@t2");
}

TEST(Bookmarks, TakeTheirSnapshotsPlaceAsABase) {
  const PushPlan result = plan(Tree("tank").dataset("", "t2").bookmarks("", "t1"), Tree("far/tank").dataset("", "t1"));
  EXPECT_EQ(result.code, ExitCode::ok);
  EXPECT_THAT(streams_of(result, ""), ElementsAre("-i tank#t1 tank@t2"));
  EXPECT_EQ(outcome_of(result, ""), Outcome::healed);
  EXPECT_THAT(why_of(result, ""), HasSubstr("a bookmark of it is there"));
}

TEST(Bookmarks, CarryOneSnapshotAndTheRestFollowsFromIt) {
  const PushPlan result =
      plan(Tree("tank").dataset("", "t2 t3 t4").bookmarks("", "t1"), Tree("far/tank").dataset("", "t1"));
  EXPECT_THAT(streams_of(result, ""), ElementsAre("-i tank#t1 tank@t2", "-I @t2 tank@t4"));
}

TEST(Bookmarks, BringAChildToTheBaseOfTheOthers) {
  const PushPlan result = plan(Tree("tank").dataset("", "t1 t2 t3").dataset("a", "t2 t3").bookmarks("a", "t1"),
                               Tree("far/tank").dataset("", "t2").dataset("a", "t1"));
  EXPECT_THAT(streams_of(result, "a"), ElementsAre("-i tank/a#t1 tank/a@t2"));
  EXPECT_EQ(tree_stream_of(result), "-I @t2 tank@t3");
}

TEST(Bookmarks, OfANewerBaseMakeNobodyContinueFromAnOlderCommonSnapshot) {
  // The base @t2 was destroyed recursively; @t1, which is older, is still on both sides.
  const Inventory source =
      Tree("tank").dataset("", "t1 t3").dataset("a", "t1 t3").bookmarks("", "t2").bookmarks("a", "t2");
  const PushPlan result = plan(source, Tree("far/tank").dataset("", "t1 t2").dataset("a", "t1 t2"));
  EXPECT_EQ(tree_stream_of(result), "none") << "the target's newest is not the base of such a stream";
  EXPECT_THAT(streams_of(result, ""), ElementsAre("-i tank#t2 tank@t3"));
  EXPECT_THAT(streams_of(result, "a"), ElementsAre("-i tank/a#t2 tank/a@t3"));
}

TEST(Bookmarks, OfANewerBaseInOneChildMakeAllGoOneByOne) {
  const PushPlan result = plan(Tree("tank").dataset("", "t1 t3").dataset("a", "t1 t3").bookmarks("a", "x2"),
                               Tree("far/tank").dataset("", "t1").dataset("a", "t1 x2"));
  EXPECT_EQ(tree_stream_of(result), "none");
  EXPECT_THAT(streams_of(result, "a"), ElementsAre("-i tank/a#x2 tank/a@t3"));
  EXPECT_THAT(streams_of(result, ""), ElementsAre("-I @t1 tank@t3"));
}

TEST(Bookmarks, OfATargetThatHasAllThatIsLeftNeedNothing) {
  const PushPlan result =
      plan(Tree("tank").dataset("", "t1").bookmarks("", "t2"), Tree("far/tank").dataset("", "t1 t2"));
  EXPECT_EQ(result.code, ExitCode::ok);
  EXPECT_TRUE(sends_nothing(result));
  EXPECT_EQ(outcome_of(result, ""), Outcome::up_to_date);
}

TEST(Clones, AMissingOneWhoseOriginIsThereIsSentAsAClone) {
  const PushPlan result =
      plan(Tree("tank").dataset("", "t1 t2").dataset("a", "t1 t2").dataset("c", "t1 t2").origin("c", "tank/a@t1"),
           Tree("far/tank").dataset("", "t1").dataset("a", "t1"));
  EXPECT_THAT(streams_of(result, "c"), ElementsAre("-i tank/a@t1 tank/c@t1"));
  EXPECT_THAT(plan_of(result, "c").after, Contains("a"));
}

TEST(Clones, AMissingOneWaitsForItsMissingOrigin) {
  const PushPlan result =
      plan(Tree("tank").dataset("", "t1 t3").dataset("z", "t1 t3").dataset("c", "x2 t3").origin("c", "tank/z@t1"),
           Tree("far/tank").dataset("", "t1 t3"));
  EXPECT_THAT(streams_of(result, "c"), ElementsAre("-i tank/z@t1 tank/c@x2", "-I @x2 tank/c@t3"));
  EXPECT_THAT(plan_of(result, "c").after, ElementsAre("z"));
}

TEST(Clones, AMissingOneWhoseOriginOnlyTheStreamBringsMakesAllGoOneByOne) {
  // The origin has lost the base, so it would come in full with the stream, and its clone before that.
  const PushPlan result =
      plan(Tree("tank").dataset("", "t1 t2").dataset("z", "y0 t2").dataset("c", "t1 t2").origin("c", "tank/z@y0"),
           Tree("far/tank").dataset("", "t1"));
  EXPECT_EQ(tree_stream_of(result), "none");
  EXPECT_THAT(streams_of(result, "c"), ElementsAre("-i tank/z@y0 tank/c@t1", "-I @t1 tank/c@t2"));
  EXPECT_THAT(plan_of(result, "c").after, ElementsAre("z"));
  EXPECT_THAT(streams_of(result, "z"), ElementsAre("tank/z@y0", "-I @y0 tank/z@t2"));
}

TEST(Clones, AMissingOneWhoseOriginIsGoneFromTheTargetGoesInFull) {
  const PushPlan result =
      plan(Tree("tank").dataset("", "t2").dataset("a", "t1 t2").dataset("c", "t2").origin("c", "tank/a@t1"),
           Tree("far/tank").dataset("", "t2").dataset("a", "t2"));
  EXPECT_THAT(streams_of(result, "c"), ElementsAre("tank/c@t2"));
}

TEST(Clones, AMissingOneWhoseOriginIsOutsideOfTheTreeGoesInFull) {
  const PushPlan result = plan(Tree("tank").dataset("", "t1").dataset("c", "t1").origin("c", "elsewhere/a@t1"),
                               Tree("far/tank").dataset("", "t1"));
  EXPECT_THAT(streams_of(result, "c"), ElementsAre("tank/c@t1"));
}

TEST(Clones, AMissingOneWhoseOriginStaysAwayGoesInFull) {
  PushOptions options;
  options.left_alone["p"] = {"out of space"};
  const PushPlan result = plan(Tree("tank")
                                   .dataset("", "t1")
                                   .dataset("p", "t1")
                                   .dataset("p/a", "t1")
                                   .dataset("c", "t1")
                                   .origin("c", "tank/p/a@t1"),
                               Tree("far/tank").dataset("", "t1"), options);
  EXPECT_EQ(outcome_of(result, "p/a"), Outcome::kept_back);
  EXPECT_THAT(streams_of(result, "c"), ElementsAre("tank/c@t1"));
}

// What LXD makes: an image's snapshot below "deleted", and containers cloned from it.
Tree with_a_clone_in_a_folder_of_its_origins_name(const std::string& snapshots_of_the_clone) {
  return Tree("tank")
      .dataset("", "t1 t2")
      .dataset("deleted", "t1 t2")
      .dataset("deleted/containers", "t1 t2")
      .dataset("deleted/containers/u1", "t1 t2")
      .dataset("containers", "t1 t2")
      .dataset("containers/a2", snapshots_of_the_clone)
      .origin("containers/a2", "tank/deleted/containers/u1@t1");
}

TEST(Clones, OneWhoseOriginZfsReceiveDoesNotFindGoesInFullAndNotWithTheTree) {
  const Inventory source = with_a_clone_in_a_folder_of_its_origins_name("t2");
  const PushPlan first = plan(source, Tree("far/tank"), asked_for_full());
  EXPECT_EQ(tree_stream_of(first), "none");
  EXPECT_THAT(streams_of(first, "containers/a2"), ElementsAre("tank/containers/a2@t2"));
  const PushPlan later = plan(source, Tree("far/tank")
                                          .dataset("", "t1")
                                          .dataset("deleted", "t1")
                                          .dataset("deleted/containers", "t1")
                                          .dataset("deleted/containers/u1", "t1")
                                          .dataset("containers", "t1"));
  EXPECT_EQ(tree_stream_of(later), "none");
  EXPECT_THAT(streams_of(later, "containers/a2"), ElementsAre("tank/containers/a2@t2"));
}

TEST(Clones, OnceItIsThereItGoesWithTheTree) {
  const PushPlan result =
      plan(with_a_clone_in_a_folder_of_its_origins_name("t1 t2"), Tree("far/tank")
                                                                      .dataset("", "t1")
                                                                      .dataset("deleted", "t1")
                                                                      .dataset("deleted/containers", "t1")
                                                                      .dataset("deleted/containers/u1", "t1")
                                                                      .dataset("containers", "t1")
                                                                      .dataset("containers/a2", "t1"));
  EXPECT_EQ(tree_stream_of(result), "-I @t1 tank@t2");
}

TEST(Clones, OneThatWasSeenToFailAsACloneGoesInFull) {
  PushOptions options = asked_for_full();
  options.in_full = {"c"};
  const PushPlan result =
      plan(Tree("tank").dataset("", "t1").dataset("a", "t1").dataset("c", "t1").origin("c", "tank/a@t1"),
           Tree("far/tank"), options);
  EXPECT_EQ(tree_stream_of(result), "none");
  EXPECT_THAT(streams_of(result, "c"), ElementsAre("tank/c@t1"));
}

TEST(Clones, AMissingOneOfItsOwnDescendantGoesInFullAndNobodyWaitsForEver) {
  // The origin was renamed into its clone.
  const PushPlan result =
      plan(Tree("tank").dataset("", "t1").dataset("c", "t1").dataset("c/a", "t1").origin("c", "tank/c/a@t1"),
           Tree("far/tank").dataset("", "t1"));
  EXPECT_THAT(streams_of(result, "c"), ElementsAre("tank/c@t1"));
  EXPECT_THAT(plan_of(result, "c").after, IsEmpty());
  EXPECT_THAT(plan_of(result, "c/a").after, ElementsAre("c"));
}

TEST(LeftOut, ADatasetThatLacksTheNewestSnapshotIsSkippedByTheOneStream) {
  const PushPlan result =
      plan(Tree("tank").dataset("", "t1 t2").dataset("a", "t1 t2").dataset("cache", "t1").left_out("cache"),
           Tree("far/tank").dataset("", "t1").dataset("a", "t1"));
  EXPECT_EQ(tree_stream_of(result), "-s -I @t1 tank@t2");
  EXPECT_EQ(result.datasets.size(), 2U);
}

TEST(LeftOut, ADatasetThatHasTheNewestSnapshotMakesTheOthersGoOneByOne) {
  const PushPlan result =
      plan(Tree("tank").dataset("", "t1 t2").dataset("a", "t1 t2").dataset("cache", "t1 t2").left_out("cache"),
           Tree("far/tank").dataset("", "t1").dataset("a", "t1"));
  EXPECT_EQ(tree_stream_of(result), "none");
  EXPECT_THAT(streams_of(result, "a"), ElementsAre("-I @t1 tank/a@t2"));
  EXPECT_EQ(result.datasets.size(), 2U);
}

TEST(LeftOut, ADatasetThatIsYoungerThanTheNewestSnapshotNeedsNoSkipping) {
  const PushPlan result =
      plan(Tree("tank").dataset("", "t1 t2").dataset("a", "t1 t2").dataset("cache", "", 25).left_out("cache"),
           Tree("far/tank").dataset("", "t1").dataset("a", "t1"));
  EXPECT_EQ(tree_stream_of(result), "-I @t1 tank@t2");
}

TEST(LeftOut, WhatTheTargetHasOfItIsNotCalledGone) {
  const PushPlan result = plan(Tree("tank").dataset("", "t1").dataset("cache").left_out("cache"),
                               Tree("far/tank").dataset("", "t1").dataset("cache", "t1").dataset("cache/b", "t1"));
  EXPECT_THAT(result.notes, IsEmpty());
}

TEST(LeftOut, TheRootAloneIsSentByItself) {
  // `recursive: false` lists the children without their snapshots: one stream could carry some of them.
  const PushPlan result =
      plan(Tree("tank").dataset("", "t1 t2").dataset("a").left_out("a"), Tree("far/tank").dataset("", "t1"));
  EXPECT_EQ(tree_stream_of(result), "none");
  EXPECT_THAT(streams_of(result, ""), ElementsAre("-I @t1 tank@t2"));
}

TEST(LeftOut, TheFirstPushOfTheRootAloneIsNoStreamOfTheTree) {
  const PushPlan result =
      plan(Tree("tank").dataset("", "t1 t2").dataset("a").left_out("a"), Tree("far/tank"), test::asked_for_full());
  EXPECT_EQ(tree_stream_of(result), "none");
  EXPECT_THAT(streams_of(result, ""), ElementsAre("tank@t1", "-I @t1 tank@t2"));
}

Inventory encrypted_source(const std::string& snapshots) {
  return Tree("tank").dataset("", snapshots).dataset("a", snapshots).encrypted("", "tank").encrypted("a", "tank");
}

Inventory encrypted_target(const std::string& snapshots) {
  return Tree("far/tank")
      .dataset("", snapshots)
      .dataset("a", snapshots)
      .encrypted("", "far/tank")
      .encrypted("a", "far/tank/a");
}

TEST(EncryptionRoots, ThatAreAstrayArePutRightByTheLastIncrementOnceMore) {
  const PushPlan result = plan(encrypted_source("t1 t2 t3"), encrypted_target("t1 t2 t3"));
  EXPECT_EQ(tree_stream_of(result), "raw: -I @t2 tank@t3");
  EXPECT_EQ(outcome_of(result, "a"), Outcome::up_to_date);
  EXPECT_THAT(result.notes, ElementsAre(AllOf(HasSubstr("far/tank/a is its own encryption root"),
                                              HasSubstr("the last increment is sent once more"))));
}

TEST(EncryptionRoots, ThatAreAstrayWithoutAnOlderSnapshotWaitForTheNext) {
  const PushPlan result = plan(encrypted_source("t1"), encrypted_target("t1"));
  EXPECT_TRUE(sends_nothing(result));
  EXPECT_THAT(result.notes, ElementsAre(HasSubstr("the next recursive snapshot puts it right")));
}

TEST(EncryptionRoots, ThatAreAstrayGoWithAnOrdinaryIncrement) {
  const PushPlan result = plan(encrypted_source("t1 t2"), encrypted_target("t1"));
  EXPECT_EQ(tree_stream_of(result), "raw: -I @t1 tank@t2");
  EXPECT_THAT(result.notes, IsEmpty());
}

TEST(EncryptionRoots, OfAYoungChildThatLacksTheOlderSnapshotWaitForTheNext) {
  const PushPlan result =
      plan(Tree("tank").dataset("", "t1 t2").dataset("new", "t2", 15).encrypted("", "tank").encrypted("new", "tank"),
           Tree("far/tank")
               .dataset("", "t1 t2")
               .dataset("new", "t2")
               .encrypted("", "far/tank")
               .encrypted("new", "far/tank/new"));
  EXPECT_TRUE(sends_nothing(result));
  EXPECT_THAT(result.notes, ElementsAre(HasSubstr("the next recursive snapshot puts it right")));
}

TEST(EncryptionRoots, AreNotPutRightByAStreamThatFailedInThisRun) {
  PushOptions options;
  options.allow_tree = false;
  EXPECT_TRUE(sends_nothing(plan(encrypted_source("t1 t2 t3"), encrypted_target("t1 t2 t3"), options)));
}

TEST(EncryptionRoots, ThatAReceiverKeepsAreToldWithWhatItSaid) {
  PushOptions options;
  options.allow_tree = false;
  options.tree_failure = "refused: touch x.newkey";
  Inventory target = encrypted_target("t1 t2 t3");
  EXPECT_THAT(plan(encrypted_source("t1 t2 t3"), target, options).notes,
              ElementsAre(HasSubstr("the next recursive snapshot")));
  target.receiver = ReceiverMode::append_only;
  const PushPlan result = plan(encrypted_source("t1 t2 t3"), target, options);
  EXPECT_TRUE(sends_nothing(result));
  EXPECT_THAT(result.notes, ::testing::IsEmpty());
  EXPECT_THAT(result.warnings, ElementsAre(::testing::AllOf(HasSubstr("and that stays so"), HasSubstr("touch x.newkey"),
                                                            ::testing::Not(HasSubstr("the next recursive snapshot")))));
}

}  // namespace
}  // namespace czb
