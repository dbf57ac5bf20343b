// SPDX-License-Identifier: MIT
// Where one dataset stands (plan/position.h), and what a person is told about it (plan/obstacle_text.h).
#include "plan/position.h"

#include <gmock/gmock.h>

#include "inventory_builder.h"
#include "plan/encryption.h"
#include "plan/obstacle_text.h"

namespace czb {
namespace {

using test::Tree;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

Obstacle obstacle(const Inventory& source, const Inventory& target) { return position_of(source, target, "").obstacle; }

TEST(Position, OfADatasetThatTheTargetLacksHasNoObstacle) {
  const Inventory source = Tree("tank").dataset("", "t1");
  const Inventory target = Tree("far");
  const Position position = position_of(source, target, "");
  EXPECT_EQ(position.here, source.find(""));
  EXPECT_EQ(position.there, nullptr);
  EXPECT_EQ(position.reached(), nullptr);
  EXPECT_EQ(position.obstacle, Obstacle::none);
}

TEST(Position, IsTheNewestCommonSnapshotOfTheSources) {
  const Inventory source = Tree("tank").dataset("", "t1 renamed2=2 t3");
  const Inventory target = Tree("far").dataset("", "t1 t2=2");
  const Position position = position_of(source, target, "");
  EXPECT_EQ(position.common, source.find("")->find_by_name("renamed2"));
  EXPECT_EQ(position.reached(), position.common);
  EXPECT_EQ(position.bookmark, nullptr);
  EXPECT_EQ(position.obstacle, Obstacle::none);
}

TEST(Position, WithAnInterruptedReceiveIsWhereThatWillEnd) {
  const Inventory source = Tree("tank").dataset("", "t1 t2 t3");
  const Inventory target = Tree("far").dataset("", "t1").partial("", "t1", "t2");
  const Position position = position_of(source, target, "");
  EXPECT_EQ(position.common->name, "t1");
  EXPECT_EQ(position.resumed->name, "t2");
  EXPECT_EQ(position.reached()->name, "t2");
}

// zfs send -t would send it in clear: the target made the token.
TEST(Position, WithATokenThatIsNotRawOfWhatIsEncryptedIsNotResumed) {
  const Inventory source = Tree("tank").dataset("", "t1 t2").encrypted("", "tank");
  Inventory target = Tree("far").dataset("", "t1").partial("", "t1", "t2");
  EXPECT_NE(position_of(source, target, "").resumed, nullptr);
  target.datasets.at("").partial->raw = false;
  EXPECT_EQ(position_of(source, target, "").resumed, nullptr);
  EXPECT_NE(position_of(Tree("tank").dataset("", "t1 t2"), target, "").resumed, nullptr);
}

TEST(Position, OfATargetWhoseNewestIsABookmarkHereIsThatBookmarks) {
  const Inventory source = Tree("tank").dataset("", "t1 t3").bookmarks("", "t1 t2");
  const Inventory target = Tree("far").dataset("", "t1 t2");
  const Position position = position_of(source, target, "");
  EXPECT_EQ(position.bookmark->name, "t2");
  EXPECT_EQ(position.reached(), nullptr);
  EXPECT_EQ(position.obstacle, Obstacle::none);
}

TEST(Position, TellsEachObstacle) {
  EXPECT_EQ(obstacle(Tree("tank").dataset("", "t1=1"), Tree("far").dataset("", "t1=2")), Obstacle::nothing_in_common);
  EXPECT_EQ(obstacle(Tree("tank").dataset(""), Tree("far").dataset("", "t1")), Obstacle::nothing_in_common);
  EXPECT_EQ(obstacle(Tree("tank").dataset("", "t1 t2"), Tree("far").dataset("", "t1 x3")), Obstacle::diverged);
  EXPECT_EQ(obstacle(Tree("tank").dataset("", "t1 t2"), Tree("far").dataset("", "t1").written("", 1)),
            Obstacle::modified);
  EXPECT_EQ(obstacle(Tree("tank").dataset("", "t2").bookmarks("", "t1"), Tree("far").dataset("", "t1").written("", 1)),
            Obstacle::modified);
  EXPECT_EQ(obstacle(Tree("tank").dataset("", "t1"), Tree("far").dataset("")), Obstacle::no_snapshots);
}

TEST(Position, HasNoObstacleWhereNothingCouldBeSentAnyway) {
  EXPECT_EQ(obstacle(Tree("tank").dataset("", "t1"), Tree("far").dataset("", "t1").written("", 1)), Obstacle::none);
  EXPECT_EQ(obstacle(Tree("tank").dataset("").bookmarks("", "t1"), Tree("far").dataset("", "t1").written("", 1)),
            Obstacle::none);
  EXPECT_EQ(obstacle(Tree("tank").dataset(""), Tree("far").dataset("")), Obstacle::none);
}

TEST(Position, OfAFirstStreamThatWasBegunIsNoDatasetWithoutSnapshots) {
  EXPECT_EQ(obstacle(Tree("tank").dataset("", "t1"), Tree("far").dataset("").partial("", "", "t1")), Obstacle::none);
}

const Snapshot* finished(const Inventory& source, const Inventory& target) {
  return finishes_with(source, "", *target.find(""));
}

TEST(FinishesWith, TheSnapshotOfThatGuidWhateverItsNameIsNow) {
  const Inventory source = Tree("tank").dataset("", "t1 renamed2=2");
  EXPECT_EQ(finished(source, Tree("far").dataset("", "t1").partial("", "t1", "t2=2")), &source.find("")->snapshots[1]);
}

TEST(FinishesWith, NothingWhereEitherEndIsNotWhatItWas) {
  const Inventory source = Tree("tank").dataset("", "t1 t2 t3");
  EXPECT_EQ(finished(source, Tree("far").dataset("", "t1").partial("", "t1", "t2=99")), nullptr);
  EXPECT_EQ(finished(source, Tree("far").dataset("", "t1 t2").partial("", "t1", "t3")), nullptr);
  EXPECT_EQ(finished(source, Tree("far").dataset("", "t1").partial("", "", "t2")), nullptr);
  EXPECT_EQ(finished(source, Tree("far").dataset("").partial("", "t1", "t2")), nullptr);
  EXPECT_EQ(finished(source, Tree("far").dataset("", "t1").partial("", "t1", "t2", "no longer exists")), nullptr);
  EXPECT_EQ(finished(source, Tree("far").dataset("", "t1").resume_token("", "1-abc")), nullptr);
  EXPECT_EQ(finished(Tree("tank"), Tree("far").dataset("", "t1").partial("", "t1", "t2")), nullptr);
}

TEST(FinishesWith, TheFirstStreamOfADatasetOrOfAClone) {
  const Inventory source =
      Tree("tank").dataset("", "t1 t2").dataset("d", "t1").dataset("c", "t2").origin("c", "tank/d@t1");
  EXPECT_EQ(finished(source, Tree("far").dataset("").partial("", "", "t1"))->name, "t1");
  Inventory target = Tree("far").dataset("").dataset("c").partial("c", "", "t2");
  target.datasets.at("c").partial->from_guid = source.find("d")->newest()->guid;
  EXPECT_EQ(finishes_with(source, "c", *target.find("c"))->name, "t2");
  target.datasets.at("c").partial->from_guid = 12345;
  EXPECT_EQ(finishes_with(source, "c", *target.find("c")), nullptr);
}

TEST(OriginInTree, IsFoundByItsFullName) {
  const Inventory source = Tree("tank").dataset("", "t1").dataset("d", "t1").dataset("c", "t2");
  const auto origin = [&](const std::string& name) {
    Dataset clone;
    clone.origin = name;
    return origin_in_tree(source, clone);
  };
  EXPECT_EQ(origin("tank/d@t1")->relative, "d");
  EXPECT_EQ(origin("tank/d@t1")->snapshot, source.find("d")->newest());
  EXPECT_EQ(origin("tank@t1")->relative, "");
  for (const char* other : {"", "tank/d", "tank/d@t9", "tank/e@t1", "tanker@t1", "other/d@t1"})
    EXPECT_FALSE(origin(other)) << other;
}

TEST(ObstacleText, HasASentenceAndAdviceForEachObstacle) {
  const Inventory source = Tree("tank").dataset("", "t1 t2");
  const Inventory target = Tree("far").dataset("", "t1 x3");
  Position position = position_of(source, target, "");
  for (const Obstacle each : obstacles) {
    position.obstacle = each;
    position.name_error = "too long";
    EXPECT_NE(std::string(advice_on(each)), "");
    EXPECT_NE(sentence_on(position, "tank", "far"), "");
  }
  position.obstacle = Obstacle::none;
  EXPECT_EQ(std::string(advice_on(Obstacle::none)), "");
  EXPECT_EQ(sentence_on(position, "tank", "far"), "");
}

TEST(EncryptionRoots, AreAstrayWhereTheyDifferFromTheSources) {
  const Inventory source = Tree("tank")
                               .dataset("")
                               .dataset("a")
                               .dataset("b")
                               .dataset("own")
                               .dataset("own/sub")
                               .dataset("plain")
                               .encrypted("", "tank")
                               .encrypted("a", "tank")
                               .encrypted("b", "tank")
                               .encrypted("own", "tank/own")
                               .encrypted("own/sub", "tank/own");
  Inventory target = source;
  target.root = "far";
  for (auto& [relative, dataset] : target.datasets)
    if (!dataset.encryption_root.empty()) dataset.encryption_root.replace(0, 4, "far");
  EXPECT_THAT(astray_encryption_roots(source, target), IsEmpty());
  target.datasets.at("a").encryption_root = "far/a";
  target.datasets.at("own/sub").encryption_root = "far/own/sub";
  target.datasets.erase("b");
  EXPECT_THAT(astray_encryption_roots(source, target), ElementsAre("a", "own/sub"));
}

TEST(EncryptionRoots, AboveTheSourcesTreeCountAsItsOwn) {
  const Inventory source = Tree("pool/tank").dataset("").dataset("a").encrypted("", "pool").encrypted("a", "pool");
  const Inventory target = Tree("far").dataset("").dataset("a").encrypted("", "far").encrypted("a", "far");
  EXPECT_THAT(astray_encryption_roots(source, target), IsEmpty());
}

TEST(EncryptionRoots, SayWhetherATreeIsEncryptedAtAll) {
  EXPECT_FALSE(is_encrypted(Tree("tank").dataset("").dataset("a")));
  EXPECT_TRUE(is_encrypted(Tree("tank").dataset("").dataset("a").encrypted("a", "tank/a")));
}

TEST(ReceiveFindsOrigin, UnlessItIsInAPlaceThatIsCalledAsOneThatWasSearchedBefore) {
  EXPECT_FALSE(receive_finds_origin("containers/a2", "deleted/containers/u1"));
  EXPECT_FALSE(receive_finds_origin("containers/a2", "deleted/containers"));
  EXPECT_FALSE(receive_finds_origin("containers/a2", "deleted/x/containers/y/u1"));
  EXPECT_FALSE(receive_finds_origin("p/containers/deep/a2", "p/deleted/containers/u1"));
  EXPECT_FALSE(receive_finds_origin("a/b/c", "a/x/b"));
  for (const char* found : {"", "containers", "containers/u1", "containers/deep/u1", "containers/x/containers/u1",
                            "deleted/u1", "deleted/containers2/u1", "deleted/acontainers/u1", "deleted/a2/u1"})
    EXPECT_TRUE(receive_finds_origin("containers/a2", found)) << found;
  EXPECT_TRUE(receive_finds_origin("a2", "deleted/a2/u1"));
  EXPECT_TRUE(receive_finds_origin("a/b/c", "a"));
  EXPECT_TRUE(receive_finds_origin("a/b/c", ""));
  EXPECT_TRUE(receive_finds_origin("a/b/c", "b/x"));
  EXPECT_TRUE(receive_finds_origin("", "a/b"));
}

}  // namespace
}  // namespace czb
