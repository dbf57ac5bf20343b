// SPDX-License-Identifier: MIT
// What a step leaves behind (plan/predict.h).
#include "plan/predict.h"

#include <gmock/gmock.h>

#include "inventory_builder.h"

namespace czb {
namespace {

using test::all_snapshots;
using test::Names;
using test::Tree;

DestroySnapshots destroy(const std::string& relative, std::vector<std::string> names, bool recursive) {
  DestroySnapshots step;
  step.root = "tank";
  step.relative = relative;
  step.names = std::move(names);
  step.recursive = recursive;
  return step;
}

SendTree send(std::optional<std::string> base, std::string to) {
  return {"tank", "offsite/tank", std::move(base), std::move(to), {}};
}

TEST(PredictSnapshot, AddsANewestSnapshotWithoutAGuidToEachDataset) {
  Inventory source = Tree("tank").dataset("", "t1").dataset("a", "t7").dataset("b", "", 90);
  predict(TakeSnapshot{"tank", "t9", {}}, source);
  for (const auto& [relative, dataset] : source.datasets) {
    EXPECT_EQ(dataset.newest()->name, "t9");
    EXPECT_EQ(dataset.newest()->guid, 0U);
    EXPECT_EQ(dataset.newest()->createtxg, 91U);
  }
}

TEST(PredictDestroy, TakesNamesOutOfOneDataset) {
  Inventory tree = Tree("tank").dataset("", "t1 t2").dataset("a", "t1 t2");
  predict(destroy("", {"t1", "t5"}, false), tree);
  EXPECT_EQ(all_snapshots(tree), (Names{"tank@t2", "tank/a@t1", "tank/a@t2"}));
}

TEST(PredictDestroy, ReachesEveryDescendantWhenRecursive) {
  Inventory tree = Tree("tank").dataset("", "t1").dataset("a", "t1 t2").dataset("a/b", "t1").dataset("a b", "t1");
  predict(destroy("a", {"t1"}, true), tree);
  EXPECT_EQ(all_snapshots(tree), (Names{"tank@t1", "tank/a@t2", "tank/a b@t1"}));
  predict(destroy("", {"t1"}, true), tree);
  EXPECT_EQ(all_snapshots(tree), (Names{"tank/a@t2"}));
}

TEST(PredictSend, AFullStreamMakesTheTreeUpToItsSnapshot) {
  const Inventory source = Tree("tank").dataset("", "t1 x2 t3 t4").dataset("a", "t3+hold t4").dataset("late", "t4");
  Inventory target;
  predict(send(std::nullopt, "t3"), source, target);
  EXPECT_EQ(all_snapshots(target),
            (Names{"offsite/tank@t1", "offsite/tank@x2", "offsite/tank@t3", "offsite/tank/a@t3"}));
  EXPECT_EQ(target.find("a")->newest()->guid, source.find("a")->find_by_name("t3")->guid);
  EXPECT_EQ(target.find("a")->newest()->holds, 0U);
}

TEST(PredictSend, AnIncrementAddsWhatFollowsTheBase) {
  const Inventory source = Tree("tank").dataset("", "t1 t2 x3 t4 t5").dataset("a", "t2 t4");
  Inventory target = Tree("offsite/tank").dataset("", "t1 t2").dataset("a", "t2");
  predict(send("t2", "t4"), source, target);
  EXPECT_EQ(all_snapshots(target), (Names{"offsite/tank@t1", "offsite/tank@t2", "offsite/tank@x3", "offsite/tank@t4",
                                          "offsite/tank/a@t2", "offsite/tank/a@t4"}));
}

TEST(PredictSend, AnIncrementBringsANewChildWhole) {
  Inventory source = Tree("tank").dataset("", "t1 t2 t4").dataset("new", "t3 t4");
  source.datasets.at("new").kind = DatasetKind::volume;
  Inventory target = Tree("offsite/tank").dataset("", "t1 t2");
  predict(send("t2", "t4"), source, target);
  EXPECT_EQ(target.find("new")->snapshots.size(), 2U);
  EXPECT_EQ(target.find("new")->kind, DatasetKind::volume);
}

TEST(PredictSend, WhatTheTargetReceivesIsNewerThanWhatItHad) {
  const Inventory source = Tree("tank").dataset("", "t1 t2");
  Inventory target = Tree("offsite/tank").dataset("", "t1").dataset("other", "x900");
  predict(send("t1", "t2"), source, target);
  EXPECT_GT(target.find("")->newest()->createtxg, 9000U);
}

SendDataset send_one(const std::string& relative, SendFrom from, const std::string& base, const std::string& to) {
  const std::string below = relative.empty() ? "" : "/" + relative;
  return {"tank" + below, "far" + below, from, base, to, {}};
}

TEST(PredictSnapshot, OfSomeDatasetsLeavesTheOthers) {
  Inventory source = Tree("tank").dataset("", "t1").dataset("a", "t1");
  predict(TakeSnapshot{"tank", "t9", {"tank/a"}}, source);
  EXPECT_EQ(all_snapshots(source), (Names{"tank@t1", "tank/a@t1", "tank/a@t9"}));
}

TEST(PredictSendDataset, InFullCarriesOneSnapshot) {
  Inventory source = Tree("tank").dataset("", "t1 t2 t3").dataset("v", "t1").volume("v");
  Inventory target = Tree("far");
  predict(send_one("", SendFrom::nothing, "", "t2"), source, target);
  predict(send_one("v", SendFrom::nothing, "", "t1"), source, target);
  EXPECT_EQ(all_snapshots(target), (Names{"far@t2", "far/v@t1"}));
  EXPECT_EQ(target.find("v")->kind, DatasetKind::volume);
}

TEST(PredictSendDataset, FromASnapshotCarriesAllThatFollowItAndFromABookmarkOne) {
  const Inventory source = Tree("tank").dataset("", "t1 t2 t3 t4");
  Inventory target = Tree("far").dataset("", "t1");
  predict(send_one("", SendFrom::snapshot, "t1", "t3"), source, target);
  EXPECT_EQ(all_snapshots(target), (Names{"far@t1", "far@t2", "far@t3"}));
  target = Tree("far").dataset("", "x0");
  predict(send_one("", SendFrom::bookmark, "x0", "t2"), source, target);
  EXPECT_EQ(all_snapshots(target), (Names{"far@x0", "far@t2"}));
}

TEST(PredictSendDataset, FromAnOriginMakesAClone) {
  const Inventory source = Tree("tank").dataset("", "t1").dataset("d", "t1").dataset("c", "t2");
  Inventory target = Tree("far").dataset("", "t1").dataset("d", "t1");
  predict(send_one("c", SendFrom::origin, "tank/d@t1", "t2"), source, target);
  EXPECT_EQ(target.find("c")->origin, "far/d@t1");
  EXPECT_EQ(target.find("c")->snapshots.size(), 1U);
}

TEST(PredictResume, FinishesTheOneSnapshotAndTheTokenIsGone) {
  const Inventory source = Tree("tank").dataset("", "t1 t2 t3");
  Inventory target = Tree("far").dataset("", "t1").partial("", "t1", "t2");
  predict(ResumeSend{"tank", "far", "1-t2", "t2"}, source, target);
  EXPECT_EQ(all_snapshots(target), (Names{"far@t1", "far@t2"}));
  EXPECT_EQ(target.find("")->resume_token, "");
  EXPECT_FALSE(target.find("")->partial);
}

TEST(PredictResume, OfAFirstStreamLeavesADatasetThatNobodyWroteTo) {
  const Inventory source = Tree("tank").dataset("", "t1 t2");
  Inventory target = Tree("far").dataset("").partial("", "", "t1").written("", 8192);
  predict(ResumeSend{"tank", "far", "1-t1", "t1"}, source, target);
  EXPECT_EQ(all_snapshots(target), (Names{"far@t1"}));
  EXPECT_EQ(target.find("")->written, 0U);
}

TEST(PredictAbort, TakesTheTokenAndADatasetThatHadNothingElse) {
  Inventory target = Tree("far").dataset("", "t1").partial("", "t1", "t2").dataset("a").partial("a", "", "t1");
  predict(AbortReceive{"far"}, target);
  predict(AbortReceive{"far/a"}, target);
  EXPECT_EQ(target.find("")->resume_token, "");
  EXPECT_EQ(target.find("")->snapshots.size(), 1U);
  EXPECT_EQ(target.find("a"), nullptr);
}

TEST(PredictRename, TakesDescendantsAndOriginsAlong) {
  Inventory target = Tree("far")
                         .dataset("", "t1")
                         .dataset("a", "t1")
                         .dataset("a/b", "t1")
                         .dataset("a b", "t1")
                         .dataset("c", "t2")
                         .origin("c", "far/a/b@t1");
  predict(RenameDataset{"far/a", "far/n/m"}, target);
  EXPECT_EQ(all_snapshots(target), (Names{"far@t1", "far/n/m@t1", "far/n/m/b@t1", "far/a b@t1", "far/c@t2"}));
  EXPECT_EQ(target.find("c")->origin, "far/n/m/b@t1");
}

TEST(PredictRenameOfASnapshot, TakesDescendantsOnlyWhereAskedAndOriginsAlong) {
  Inventory target = Tree("far")
                         .dataset("", "t1")
                         .dataset("a", "t1")
                         .dataset("a/b", "t1 t2")
                         .dataset("c", "t1")
                         .origin("c", "far/a/b@t1");
  predict(RenameSnapshot{"far/a", "t1", "n", true}, target);
  predict(RenameSnapshot{"far", "t1", "o", false}, target);
  EXPECT_EQ(all_snapshots(target), (Names{"far@o", "far/a@n", "far/a/b@n", "far/a/b@t2", "far/c@t1"}));
  EXPECT_EQ(target.find("c")->origin, "far/a/b@n");
}

TEST(PredictPromote, OfWhatIsNoCloneChangesNothing) {
  Inventory target = Tree("far").dataset("", "t1").dataset("a", "t1");
  predict(PromoteDataset{"far/a"}, target);
  predict(PromoteDataset{"far/nosuch"}, target);
  EXPECT_EQ(all_snapshots(target), (Names{"far@t1", "far/a@t1"}));
}

TEST(PredictRollBackAndDestroy, DoWhatTheySay) {
  Inventory target = Tree("far").dataset("", "t1").written("", 9).dataset("a");
  predict(RollBack{"far", "t1"}, target);
  predict(DestroyDataset{"far/a"}, target);
  EXPECT_EQ(target.find("")->written, 0U);
  EXPECT_EQ(target.find("a"), nullptr);
}

TEST(PredictDestroyBookmark, TakesOneBookmark) {
  Inventory source = Tree("tank").dataset("a", "t2").bookmarks("a", "t1 t2");
  predict(DestroyBookmark{"tank/a", "t1"}, source);
  ASSERT_EQ(source.find("a")->bookmarks.size(), 1U);
  EXPECT_EQ(source.find("a")->bookmarks[0].name, "t2");
}

TEST(PredictRecord, SetsTheRootsProperty) {
  Inventory source = Tree("tank").dataset("", "t1").dataset("a");
  predict(RecordBase{"tank", "far", {"t1", {}}, "t1"}, source);
  EXPECT_EQ(source.find("")->user_properties.at("cyber-zfs-backup:base.far"), "tank@t1");
  EXPECT_TRUE(source.find("a")->user_properties.empty());
}

}  // namespace
}  // namespace czb
