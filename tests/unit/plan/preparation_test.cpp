// SPDX-License-Identifier: MIT
// What happens at the target before anything is sent (plan/prepare.h).
#include "plan/prepare.h"
#include "plan/push_plan_testing.h"

namespace czb {
namespace {

using test::all_snapshots;
using test::commands_of;
using test::far_config;
using test::Names;
using test::Tree;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Preparation prepare(const Inventory& source, const Inventory& target, const TargetConfig& config = far_config(),
                    bool force = false, const std::map<std::string, LeftAlone>& left_alone = {}) {
  return plan_preparation(source, target, config, force, left_alone);
}

std::vector<std::string> commands(const Preparation& preparation) {
  std::vector<Step> steps;
  for (const PreparationStep& each : preparation.steps) steps.push_back(each.step);
  return commands_of(steps);
}

TargetConfig rolling_back() {
  TargetConfig config = far_config();
  config.on_divergence = OnDivergence::rollback;
  return config;
}

TEST(Preparation, OfATargetThatIsInOrderIsNothing) {
  const Preparation result =
      prepare(Tree("tank").dataset("", "t1 t2").dataset("a", "t1 t2").dataset("new", "t2"),
              Tree("far/tank").dataset("", "t1").dataset("a", "t1").dataset("old", "t1"), rolling_back());
  EXPECT_THAT(result.steps, IsEmpty());
  EXPECT_THAT(result.refusals, IsEmpty());
  EXPECT_FALSE(result.full_was_begun);
  EXPECT_FALSE(result.target) << "as it was";
}

TEST(Preparation, OfATargetThatDoesNotExistIsNothing) {
  EXPECT_THAT(prepare(Tree("tank").dataset("", "t1").dataset("a", "t1"), Tree("far/tank")).steps, IsEmpty());
}

// It is the wrong target: above the right one, or another's.
TEST(Preparation, OfATargetWhoseRootNothingCanBeSentToIsNothing) {
  const Inventory source = Tree("tank").dataset("", "t1").dataset("u", "t1=11").dataset("v", "t1=12 t2");
  const Inventory below = Tree("far").dataset("", "").dataset("tank", "t1").dataset("tank/u", "t1=11");
  EXPECT_THAT(prepare(source, below, rolling_back(), true).steps, IsEmpty());
  const Inventory other = Tree("far").dataset("", "x9").dataset("x", "t1=11").dataset("v", "t1=12 x3");
  EXPECT_THAT(prepare(source, other, rolling_back(), true).steps, IsEmpty());
}

TEST(FollowRename, NotOutOfAnotherBackupOfTheSameSource) {
  const Inventory source = Tree("tank").dataset("", "t1=1").dataset("u", "t1=2").dataset("v", "t1=3");
  const Inventory target = Tree("far/tank")
                               .dataset("", "t1=1")
                               .dataset("v", "t1=3")
                               .dataset("copy", "t1=1")
                               .dataset("copy/u", "t1=2")
                               .dataset("copy/v", "t1=3");
  EXPECT_THAT(prepare(source, target).steps, IsEmpty());
}

TEST(FollowRename, NotToANameThatIsTooLongAtTheTargetForItOrWhatIsBelowIt) {
  const std::string name(244, 'n');
  const Inventory source = Tree("tank").dataset("", "t1").dataset(name, "t1=77").dataset(name + "/y", "t1=78");
  const Inventory target = Tree("far/tank").dataset("", "t1").dataset("o", "t1=77").dataset("o/y", "t1=78");
  const Preparation result = prepare(source, target);
  EXPECT_THAT(result.steps, IsEmpty());
  EXPECT_THAT(result.blocked.at(name).why,
              AllOf(HasSubstr("far/tank/o was renamed to tank/"), HasSubstr("bytes, and ZFS allows 255")));
  EXPECT_EQ(result.blocked.at(name).code, ExitCode::needs_person);
}

TEST(FollowRename, TakesTheDescendantsAlong) {
  const Preparation result = prepare(Tree("tank").dataset("", "t1").dataset("n", "t1=11").dataset("n/b", "t1=12"),
                                     Tree("far/tank").dataset("", "t1").dataset("a", "t1=11").dataset("a/b", "t1=12"));
  EXPECT_THAT(commands(result), ElementsAre("zfs rename far/tank/a far/tank/n"));
  EXPECT_EQ(result.steps.at(0).relative, "n");
  EXPECT_EQ(result.steps.at(0).why, "renamed at the source");
  EXPECT_EQ(all_snapshots(result.target.value()), (Names{"far/tank@t1", "far/tank/n@t1", "far/tank/n/b@t1"}));
}

TEST(FollowRename, OfAParentAndThenOfItsChild) {
  const Preparation result = prepare(Tree("tank").dataset("", "t1").dataset("n", "t1=11").dataset("n/c", "t1=12"),
                                     Tree("far/tank").dataset("", "t1").dataset("a", "t1=11").dataset("a/b", "t1=12"));
  EXPECT_THAT(commands(result),
              ElementsAre("zfs rename far/tank/a far/tank/n", "zfs rename far/tank/n/b far/tank/n/c"));
}

TEST(FollowRename, OutOfATreeThatWasRenamedToo) {
  const Preparation result = prepare(Tree("tank").dataset("", "t1").dataset("n", "t1=11").dataset("z", "t1=12"),
                                     Tree("far/tank").dataset("", "t1").dataset("a", "t1=11").dataset("a/b", "t1=12"));
  EXPECT_THAT(commands(result), ElementsAre("zfs rename far/tank/a far/tank/n", "zfs rename far/tank/n/b far/tank/z"));
}

TEST(FollowRename, BelowAnotherDataset) {
  EXPECT_THAT(commands(prepare(Tree("tank").dataset("", "t1").dataset("b", "t1").dataset("b/m", "t1=11"),
                               Tree("far/tank").dataset("", "t1").dataset("b", "t1").dataset("m", "t1=11"))),
              ElementsAre("zfs rename far/tank/m far/tank/b/m"));
}

TEST(FollowRename, IsNotPossibleWhereTheParentIsMissing) {
  EXPECT_THAT(commands(prepare(Tree("tank").dataset("", "t1").dataset("new", "", 15).dataset("new/m", "t1=11"),
                               Tree("far/tank").dataset("", "t1").dataset("m", "t1=11"))),
              IsEmpty());
}

TEST(FollowRename, IntoAnUnfinishedFirstReceiveThatNobodyCanFinishWaitsUntilThatIsGone) {
  const Inventory source = Tree("tank").dataset("", "t1").dataset("new", "t1").dataset("new/m", "t1=11");
  const Inventory target =
      Tree("far/tank").dataset("", "t1").dataset("new").resume_token("new", "1-x").dataset("m", "t1=11");
  EXPECT_THAT(commands(prepare(source, target)), ElementsAre("zfs receive -A far/tank/new"));
}

TEST(FollowRename, OutOfAnEncryptionRootThatZfsKeepsItInIsBlockedAndSaysWhatToType) {
  const Inventory source = Tree("tank").dataset("", "t1").dataset("a", "t1=11").dataset("new", "t1=12");
  const Inventory target = Tree("far/tank")
                               .dataset("", "t1")
                               .dataset("a", "t1=11")
                               .encrypted("a", "far/tank/a")
                               .dataset("a/old", "t1=12")
                               .encrypted("a/old", "far/tank/a");
  const Preparation result = prepare(source, target);
  EXPECT_THAT(result.steps, IsEmpty());
  EXPECT_THAT(result.blocked.at("new").why, AllOf(HasSubstr("far/tank/a/old was renamed to tank/new"),
                                                  HasSubstr("change-key -o keyformat=passphrase far/tank/a/old;")));
  EXPECT_EQ(result.blocked.at("new").code, ExitCode::needs_person);
  const Preparation by_place = prepare(source, Tree("far/tank")
                                                   .dataset("", "t1")
                                                   .encrypted("", "far")
                                                   .dataset("a", "t1=11")
                                                   .dataset("old", "t1=12")
                                                   .encrypted("old", "far"));
  EXPECT_THAT(commands(by_place), ElementsAre("zfs rename far/tank/old far/tank/new"));
  const Inventory below = Tree("tank").dataset("", "t1").dataset("a", "t1=11").dataset("a/new", "t1=12");
  const Preparation out = prepare(below, Tree("far/tank")
                                             .dataset("", "t1")
                                             .encrypted("", "far")
                                             .dataset("a", "t1=11")
                                             .encrypted("a", "far/tank/a")
                                             .dataset("old", "t1=12")
                                             .encrypted("old", "far"));
  EXPECT_THAT(out.blocked.at("a/new").why, HasSubstr("to a name outside of far/tank and below far; the next push"));
}

TEST(FollowRename, NeedsASnapshotInCommon) {
  EXPECT_THAT(commands(prepare(Tree("tank").dataset("", "t1").dataset("n", "t1=11").dataset("empty"),
                               Tree("far/tank").dataset("", "t1").dataset("a", "t1=12"))),
              IsEmpty());
}

TEST(FollowRename, TakesANameThatMeansAnotherDatasetNowButNoneThatTheJobLeavesOut) {
  const Inventory target = Tree("far/tank").dataset("", "t1").dataset("a", "t1=11");
  EXPECT_THAT(commands(prepare(Tree("tank").dataset("", "t1").dataset("n", "t1=11").dataset("a", "t1=12"), target)),
              ElementsAre("zfs rename far/tank/a far/tank/n"));
  EXPECT_THAT(
      commands(prepare(Tree("tank").dataset("", "t1").dataset("n", "t1=11").dataset("a").left_out("a"), target)),
      IsEmpty());
}

TEST(FollowRename, OfTwoThatChangedPlacesOneGoesAsideFirst) {
  EXPECT_THAT(commands(prepare(Tree("tank").dataset("", "t1").dataset("a", "t1=11").dataset("b", "t1=12"),
                               Tree("far/tank").dataset("", "t1").dataset("a", "t1=12").dataset("b", "t1=11"))),
              ElementsAre("zfs rename far/tank/a far/tank/a.moved", "zfs rename far/tank/b far/tank/a",
                          "zfs rename far/tank/a.moved far/tank/b"));
}

TEST(FollowPromotion, TurnsCloneAndOriginRound) {
  const Preparation result =
      prepare(Tree("tank").dataset("", "t1").dataset("c", "t1=11 t2=12").dataset("d", "t2=13").origin("d", "tank/c@t1"),
              Tree("far/tank")
                  .dataset("", "t1")
                  .dataset("c", "t2=12")
                  .dataset("d", "t1=11 t2=13")
                  .origin("c", "far/tank/d@t1"));
  EXPECT_THAT(commands(result), ElementsAre("zfs promote far/tank/c"));
  EXPECT_EQ(result.steps.at(0).why, "promoted at the source");
  EXPECT_EQ(all_snapshots(result.target.value()),
            (Names{"far/tank@t1", "far/tank/c@t1", "far/tank/c@t2", "far/tank/d@t2"}));
  EXPECT_EQ(result.target->find("d")->origin, "far/tank/c@t1");
  EXPECT_EQ(result.target->find("c")->origin, "");
}

TEST(FollowPromotion, LeavesACloneThatIsOneAtTheSourceToo) {
  EXPECT_THAT(
      commands(prepare(
          Tree("tank").dataset("", "t1").dataset("c", "t2=12").dataset("d", "t1=11").origin("c", "tank/d@t1"),
          Tree("far/tank").dataset("", "t1").dataset("c", "t2=12").dataset("d", "t1=11").origin("c", "far/tank/d@t1"))),
      IsEmpty());
}

// d was a clone of c; then d was destroyed, and c renamed to d.
TEST(FollowPromotion, LeavesACloneWhoseNameMeansItsOriginNow) {
  EXPECT_THAT(
      commands(prepare(Tree("tank").dataset("", "t1").dataset("d", "t1=11 t2=12"), Tree("far/tank")
                                                                                       .dataset("", "t1")
                                                                                       .dataset("c", "t1=11 t2=12")
                                                                                       .dataset("d", "t2=13")
                                                                                       .origin("d", "far/tank/c@t1"))),
      IsEmpty());
}

TEST(FollowPromotion, OfOneThatIsInTheWayOfAnother) {
  EXPECT_THAT(commands(prepare(Tree("tank")
                                   .dataset("", "t4=14")
                                   .dataset("a", "t2=12 t4=24")
                                   .origin("a", "tank/b@t1")
                                   .dataset("b", "t1=11 t4=34"),
                               Tree("far/tank")
                                   .dataset("", "t1=11 t2=12 t4=14")
                                   .dataset("a", "t4=24")
                                   .origin("a", "far/tank@t2")
                                   .dataset("b", "t4=34")
                                   .origin("b", "far/tank@t1"))),
              ElementsAre("zfs promote far/tank/a", "zfs promote far/tank/b"));
}

TEST(FollowPromotion, LeavesACloneOfWhatIsOutsideOfTheTree) {
  EXPECT_THAT(commands(prepare(Tree("tank").dataset("", "t1").dataset("c", "t1"),
                               Tree("far/tank").dataset("", "t1").dataset("c", "t1").origin("c", "far/other@t1"))),
              IsEmpty());
}

// The target holds @t1 and a part of @t2, unless `target` says otherwise.
class HopelessReceive : public ::testing::Test {
 protected:
  static void expect_given_up(const Inventory& source, const Inventory& target, const std::string& why) {
    const Preparation result = prepare(source, target);
    ASSERT_EQ(result.steps.size(), 1U);
    EXPECT_THAT(commands(result), ElementsAre("zfs receive -A far/tank/a"));
    EXPECT_EQ(result.steps.at(0).relative, "a");
    EXPECT_THAT(result.steps.at(0).why, HasSubstr(why));
    EXPECT_FALSE(result.full_was_begun);
    const Dataset* there = result.target->find("a");
    EXPECT_TRUE(there == nullptr || there->resume_token.empty());
  }
  static Tree source(const std::string& snapshots) { return Tree("tank").dataset("", "t1").dataset("a", snapshots); }
  static Tree target() { return Tree("far/tank").dataset("", "t1").dataset("a", "t1"); }
};

TEST_F(HopelessReceive, IsLeftToFinishWhereItFits) {
  EXPECT_THAT(prepare(source("t1 t2"), target().partial("a", "t1", "t2")).steps, IsEmpty());
}

TEST_F(HopelessReceive, OfASnapshotThatIsGoneIsGivenUp) {
  expect_given_up(source("t1 t3"), target().partial("a", "t1", "t2"), "cannot finish the interrupted receive");
}

TEST_F(HopelessReceive, ThatTheSenderCannotGoOnWithIsGivenUpInItsWords) {
  expect_given_up(source("t1 t2"), target().partial("a", "t1", "t2", "incremental source 0x1 no longer exists"),
                  "(incremental source 0x1 no longer exists)");
}

TEST_F(HopelessReceive, WhoseTokenCannotBeReadIsGivenUp) {
  expect_given_up(source("t1 t2"), target().resume_token("a", "1-garbage"), "cannot finish");
}

TEST_F(HopelessReceive, ThatDoesNotBeginAtTheTargetsNewestIsGivenUp) {
  expect_given_up(source("t1 t2 t3"), target().partial("a", "t2", "t3"), "cannot finish");
}

TEST_F(HopelessReceive, OfAFirstStreamLeavesNoDatasetBehind) {
  const Inventory begun = Tree("far/tank").dataset("", "t1").dataset("a").partial("a", "", "t2");
  expect_given_up(source("t1 t3"), begun, "cannot finish");
  EXPECT_EQ(prepare(source("t1 t3"), begun).target->find("a"), nullptr);
}

TEST_F(HopelessReceive, OfTheFirstFullStreamMayBeBegunAnew) {
  const Preparation result =
      prepare(Tree("tank").dataset("", "t2"), Tree("far/tank").dataset("").partial("", "", "t1"));
  EXPECT_THAT(commands(result), ElementsAre("zfs receive -A far/tank"));
  EXPECT_TRUE(result.full_was_begun);
  EXPECT_FALSE(result.target->exists());
}

TEST_F(HopelessReceive, OfALaterStreamOfTheRootIsNoFirstFullOne) {
  EXPECT_FALSE(prepare(Tree("tank").dataset("", "t1 t3"), Tree("far/tank").dataset("", "t1").partial("", "t1", "t2"))
                   .full_was_begun);
}

TEST_F(HopelessReceive, OfADatasetThatTheSourceLacksOrLeavesOutIsNotOurs) {
  const Inventory there = Tree("far/tank").dataset("", "t1").dataset("old").resume_token("old", "1-abc");
  EXPECT_THAT(prepare(Tree("tank").dataset("", "t1"), there).steps, IsEmpty());
  EXPECT_THAT(prepare(Tree("tank").dataset("", "t1").dataset("old").left_out("old"), there).steps, IsEmpty());
}

TEST(GiveUpOwnChanges, IsNotDoneUnlessTheJobSaysSo) {
  const Preparation result = prepare(Tree("tank").dataset("", "t1 t2").dataset("a", "t1 t2"),
                                     Tree("far/tank").dataset("", "t1 x3").dataset("a", "t1").written("a", 9));
  EXPECT_THAT(result.steps, IsEmpty());
  EXPECT_THAT(result.refusals, IsEmpty());
}

TEST(GiveUpOwnChanges, RollsBackWhatWasWritten) {
  const Preparation result =
      prepare(Tree("tank").dataset("", "t1 t2").dataset("a", "t1 t2"),
              Tree("far/tank").dataset("", "t1").dataset("a", "t1").written("a", 9), rolling_back());
  EXPECT_THAT(commands(result), ElementsAre("zfs rollback far/tank/a@t1"));
  EXPECT_EQ(result.steps.at(0).why, "changed at the target since @t1");
  EXPECT_EQ(result.target->find("a")->written, 0U);
}

TEST(GiveUpOwnChanges, DestroysTheTargetsOwnNewerSnapshotsByNameFirst) {
  const Preparation result = prepare(Tree("tank").dataset("", "t1 t2 t3 t4 t9"),
                                     Tree("far/tank").dataset("", "t1 t2 t3 t4 x5").written("", 9), rolling_back());
  EXPECT_THAT(commands(result), ElementsAre("zfs destroy far/tank@x5", "zfs rollback far/tank@t4"));
  EXPECT_EQ(all_snapshots(result.target.value()), (Names{"far/tank@t1", "far/tank@t2", "far/tank@t3", "far/tank@t4"}));
}

TEST(GiveUpOwnChanges, GoesByTheNameThatTheSnapshotHasAtTheTarget) {
  EXPECT_THAT(commands(prepare(Tree("tank").dataset("", "renamed1=1 t2"),
                               Tree("far/tank").dataset("", "t1=1").written("", 9), rolling_back())),
              ElementsAre("zfs rollback far/tank@t1", "zfs rename far/tank@t1 far/tank@renamed1"));
}

TEST(GiveUpOwnChanges, WaitsUntilThereIsSomethingToSend) {
  EXPECT_THAT(
      prepare(Tree("tank").dataset("", "t1"), Tree("far/tank").dataset("", "t1").written("", 9), rolling_back()).steps,
      IsEmpty());
}

TEST(GiveUpOwnChanges, OfMoreThanTheLimitIsRefusedWithoutForce) {
  const Inventory source = Tree("tank").dataset("", "t1 t9");
  const Inventory target = Tree("far/tank").dataset("", "t1 x5 x6");
  const Preparation refused = prepare(source, target, rolling_back());
  EXPECT_THAT(refused.steps, IsEmpty());
  EXPECT_THAT(refused.refusals,
              ElementsAre(AllOf(HasSubstr("far/tank: 2 of its 3 snapshots"), HasSubstr("--force-destroy-lots"))));
  EXPECT_THAT(commands(prepare(source, target, rolling_back(), true)),
              ElementsAre("zfs destroy far/tank@x5,x6", "zfs rollback far/tank@t1"));
}

TEST(GiveUpOwnChanges, LeavesAllWhereOneSnapshotIsHeldOrHasClones) {
  for (const char* kept : {"x5+hold", "x5+clone"}) {
    const Preparation result =
        prepare(Tree("tank").dataset("", "t1 t9"), Tree("far/tank").dataset("", std::string("t1 ") + kept + " x6"),
                rolling_back(), true);
    EXPECT_THAT(result.steps, IsEmpty());
    EXPECT_THAT(result.refusals, ElementsAre(HasSubstr("far/tank@x5 would have to go"))) << kept;
  }
}

TEST(GiveUpOwnChanges, IsNoWayOutWhereNothingIsInCommon) {
  EXPECT_THAT(
      prepare(Tree("tank").dataset("", "t1=1"), Tree("far/tank").dataset("", "t1=2"), rolling_back(), true).steps,
      IsEmpty());
}

TEST(GiveUpOwnChanges, RollsBackToTheTargetsNewestWhereABookmarkContinuesFromIt) {
  for (const char* snapshots : {"t1 t3", "t3"})
    EXPECT_THAT(commands(prepare(Tree("tank").dataset("", snapshots).bookmarks("", "t2"),
                                 Tree("far/tank").dataset("", "t1 t2").written("", 9), rolling_back())),
                ElementsAre("zfs rollback far/tank@t2"));
}

TEST(GiveUpOwnChanges, IsNotNeededWhereABookmarkContinuesFromThem) {
  EXPECT_THAT(prepare(Tree("tank").dataset("", "t1 t3").bookmarks("", "t2"), Tree("far/tank").dataset("", "t1 t2"),
                      rolling_back(), true)
                  .steps,
              IsEmpty());
}

TEST(Preparation, LeavesWhatFailedInThisRunAlone) {
  const Inventory source =
      Tree("tank").dataset("", "t1").dataset("a", "t1 t3").dataset("b", "t1 t3").dataset("n", "t1=11");
  const Inventory target = Tree("far/tank")
                               .dataset("", "t1")
                               .dataset("a", "t1")
                               .resume_token("a", "1-abc")
                               .dataset("b", "t1")
                               .written("b", 9)
                               .dataset("old", "t1=11");
  EXPECT_EQ(prepare(source, target, rolling_back(), true).steps.size(), 3U);
  EXPECT_THAT(prepare(source, target, rolling_back(), true, {{"a", {"busy"}}, {"b", {"busy"}}, {"n", {"busy"}}}).steps,
              IsEmpty());
}

// With its snapshot "latest" taken in that transaction group.
Inventory with_latest(Inventory inventory, std::uint64_t createtxg) {
  for (Snapshot& snapshot : inventory.datasets.at("").snapshots)
    if (snapshot.name == "latest") snapshot.createtxg = createtxg;
  return inventory;
}

// The source's @latest is another one every day.
TEST(FreeNames, OfSnapshotsThatTheSourceMadeAnewGoesBeforeTheNewOnesCome) {
  const Inventory source = with_latest(Tree("tank").dataset("", "t1 t2 latest=99 t3"), 25);
  const Inventory target = with_latest(Tree("far/tank").dataset("", "t1 latest=7 t2"), 15);
  const auto prepared = [&](const TargetConfig& config, bool force) { return prepare(source, target, config, force); };
  TargetConfig config = far_config();
  config.destroy_limit_percent = 50;
  EXPECT_THAT(commands(prepared(config, false)), ElementsAre("zfs destroy far/tank@latest"));
  EXPECT_EQ(all_snapshots(prepared(config, false).target.value()), (Names{"far/tank@t1", "far/tank@t2"}));
  config.destroy_limit_percent = 25;
  EXPECT_THAT(commands(prepared(config, true)), ElementsAre("zfs destroy far/tank@latest"));
  const Preparation refused = prepared(config, false);
  EXPECT_THAT(refused.steps, IsEmpty());
  EXPECT_THAT(refused.blocked.at("").why, HasSubstr("1 of its 3 snapshots are in the way"));
  EXPECT_EQ(refused.blocked.at("").code, ExitCode::refused);
  config.mirror = Mirror::off;
  EXPECT_THAT(prepared(config, true).steps, IsEmpty());
}

TEST(FreeNames, LeavesWhatTheSourceHasElsewhereAndWhatIsNotInTheWay) {
  // It moved with its dataset; or its name comes no more.
  EXPECT_THAT(prepare(with_latest(Tree("tank").dataset("", "t1 t2 latest=99").dataset("b", "latest=7"), 25),
                      with_latest(Tree("far/tank").dataset("", "t1 latest=7 t2"), 15), far_config(), true)
                  .steps,
              IsEmpty());
  EXPECT_THAT(prepare(with_latest(Tree("tank").dataset("", "t1 latest=99 t2"), 15),
                      with_latest(Tree("far/tank").dataset("", "t1 old=7 latest=99 t2"), 15), far_config(), true)
                  .steps,
              IsEmpty());
}

TEST(FreeNames, IsBlockedByAHold) {
  Inventory held = with_latest(Tree("far/tank").dataset("", "t1 latest=7 t2"), 15);
  held.datasets.at("").snapshots.at(1).holds = 1;
  const Preparation result =
      prepare(with_latest(Tree("tank").dataset("", "t1 t2 latest=99"), 25), held, far_config(), true);
  EXPECT_THAT(result.steps, IsEmpty());
  EXPECT_THAT(result.blocked.at("").why, HasSubstr("is in the way of another of that name, and it is held"));
}

TEST(FreeNames, WhereTheMirrorLeavesWhatIsGoneSaysThat) {
  TargetConfig config = far_config();
  config.mirror = Mirror::ours;
  const Preparation result = prepare(with_latest(Tree("tank").dataset("", "t1 t2 latest=99"), 25),
                                     with_latest(Tree("far/tank").dataset("", "t1 latest=7 t2"), 15), config, true);
  EXPECT_THAT(result.steps, IsEmpty());
  EXPECT_THAT(result.blocked.at("").why, HasSubstr("is in the way of another of that name, and 'mirror' leaves it"));
}

// Taken in the order of their guids.
Inventory by_guid(Inventory inventory) {
  for (auto& [relative, dataset] : inventory.datasets)
    for (Snapshot& snapshot : dataset.snapshots) snapshot.createtxg = 10 * snapshot.guid;
  return inventory;
}

// Names that go round: what was @x is @y now, and there is another @x.
TEST(NewNames, AreGivenInTheWholeTreeByOneCommandEach) {
  const Inventory source =
      by_guid(Tree("tank").dataset("", "z=1 y=2 x=3").dataset("a", "z=1 y=2 x=3").dataset("b", "y=2 x=3"));
  const Inventory target = by_guid(Tree("far/tank").dataset("", "y=1 x=2").dataset("a", "y=1 x=2").dataset("b", "x=2"));
  const Preparation result = prepare(source, target);
  EXPECT_THAT(commands(result),
              ElementsAre("zfs rename -r far/tank@y far/tank@z", "zfs rename -r far/tank@x far/tank@y"));
  EXPECT_EQ(all_snapshots(result.target.value()),
            (Names{"far/tank@z", "far/tank@y", "far/tank/a@z", "far/tank/a@y", "far/tank/b@y"}));
  EXPECT_THAT(commands(plan_preparation(source, target, far_config(), false, {}, true)),
              ElementsAre("zfs rename far/tank@y far/tank@z", "zfs rename far/tank@x far/tank@y",
                          "zfs rename far/tank/a@y far/tank/a@z", "zfs rename far/tank/a@x far/tank/a@y",
                          "zfs rename far/tank/b@x far/tank/b@y"))
      << "where a command for all of them has failed";
}

TEST(NewNames, AreGivenOneByOneWhereADatasetKeepsTheOldOne) {
  const Inventory source = by_guid(Tree("tank").dataset("", "n=1").dataset("a", "n=2").dataset("b", "t=3"));
  const Inventory target = by_guid(Tree("far/tank").dataset("", "t=1").dataset("a", "t=2").dataset("b", "t=3"));
  EXPECT_THAT(commands(prepare(source, target)),
              ElementsAre("zfs rename far/tank@t far/tank@n", "zfs rename far/tank/a@t far/tank/a@n"));
  const Inventory beside = by_guid(Tree("far/tank").dataset("", "t=1").dataset("a", "t=2").dataset("gone", "t=9"));
  EXPECT_THAT(commands(prepare(by_guid(Tree("tank").dataset("", "n=1").dataset("a", "n=2")), beside)),
              ElementsAre("zfs rename far/tank@t far/tank@n", "zfs rename far/tank/a@t far/tank/a@n"))
      << "what is no longer at the source keeps its names";
  EXPECT_THAT(commands(prepare(by_guid(Tree("tank").dataset("", "n=1")), by_guid(Tree("far/tank").dataset("", "t=1")))),
              ElementsAre("zfs rename far/tank@t far/tank@n"));
}

TEST(NewNames, ThatChangePlacesGoThroughOneThatNobodyHas) {
  const Preparation result =
      prepare(by_guid(Tree("tank").dataset("", "y=1 x=2")), by_guid(Tree("far/tank").dataset("", "x=1 y=2")));
  EXPECT_THAT(commands(result),
              ElementsAre("zfs rename far/tank@x far/tank@y.moved", "zfs rename far/tank@y far/tank@x",
                          "zfs rename far/tank@y.moved far/tank@y"));
  EXPECT_EQ(all_snapshots(result.target.value()), (Names{"far/tank@y", "far/tank@x"}));
}

// Of the target's own, newer than what both have.
TEST(NewNames, WaitForTheOneThatKeepsTheirs) {
  const Inventory source = by_guid(Tree("tank").dataset("", "r=1").dataset("a", "z=2 y=3 n=4"));
  const Inventory target = by_guid(Tree("far/tank").dataset("", "r=1").dataset("a", "y=2 x=3 t=4 z=9"));
  EXPECT_THAT(commands(prepare(source, target)), ElementsAre("zfs rename far/tank/a@t far/tank/a@n"));
}

// The oldest of names that go round is gone at the source.
TEST(NewNames, ComeAfterWhatIsGoneHasMadeRoom) {
  TargetConfig config = far_config();
  config.destroy_limit_percent = 50;
  const Inventory source = by_guid(Tree("tank").dataset("", "z=2 y=3 x=4"));
  const Inventory target = by_guid(Tree("far/tank").dataset("", "z=1 y=2 x=3"));
  EXPECT_THAT(
      commands(prepare(source, target, config)),
      ElementsAre("zfs destroy far/tank@z", "zfs rename far/tank@y far/tank@z", "zfs rename far/tank@x far/tank@y"));
}

TEST(NewNames, AreNotGivenBehindAReceiverAndBlockWhereTheyAreNeeded) {
  Inventory target = by_guid(Tree("far/tank").dataset("", "t=1 x=2").dataset("a", "t=1 n=2"));
  target.receiver = ReceiverMode::mirror;
  const Preparation result = prepare(by_guid(Tree("tank").dataset("", "t=1 y=2 x=5").dataset("a", "t=1 o=2")), target);
  EXPECT_THAT(result.steps, IsEmpty());
  EXPECT_THAT(result.blocked.at("").why, HasSubstr("far/tank@x is in the way of another of that name"));
  EXPECT_EQ(result.blocked.count("a"), 0U);
}

}  // namespace
}  // namespace czb
