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
  predict(TakeSnapshot{"tank", "t9"}, source);
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

TEST(PredictRecord, SetsTheRootsProperty) {
  Inventory source = Tree("tank").dataset("", "t1").dataset("a");
  predict(RecordBase{"tank", "a:b", "t1"}, source);
  EXPECT_EQ(source.find("")->user_properties.at("a:b"), "tank@t1");
  EXPECT_TRUE(source.find("a")->user_properties.empty());
}

}  // namespace
}  // namespace czb
