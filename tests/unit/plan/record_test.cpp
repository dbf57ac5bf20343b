// SPDX-License-Identifier: MIT
// What the source remembers of a target: before something leaves all that may arrive, and afterwards what has.
#include "plan/record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "inventory_builder.h"
#include "plan/predict.h"

namespace czb {
namespace {

using test::Tree;

class RecordTest : public ::testing::Test {
 protected:
  PushPlan plan(bool tree = true) const {
    PushOptions options;
    options.allow_full = true;
    options.allow_tree = tree;
    return plan_push(source_, target_, config_, options);
  }
  std::string before(bool tree = true) const {
    const auto record = record_before(source_, target_, "far", plan(tree));
    return record ? record->value() + " " + record->snapshot : "";
  }
  std::string after() const {
    const auto record = record_after(source_, target_, "far");
    return record ? record->value() + " " + record->snapshot : "";
  }
  std::string range(const std::string& relative, const std::string& first, const std::string& last) const {
    const Dataset& dataset = *source_.find(relative);
    return "," + std::to_string(dataset.find_by_name(first)->createtxg) + "-" +
           std::to_string(dataset.find_by_name(last)->createtxg);
  }

  Inventory source_ = Tree("tank").dataset("", "t1 t2 t3 t4").dataset("a", "t1 t2 t3 t4").dataset("b", "t2 t3 t4");
  Inventory target_ = Tree("far/tank").dataset("", "t1 t2").dataset("a", "t1 t2").dataset("b", "t2");
  TargetConfig config_ = [] {
    TargetConfig config;
    config.name = "far";
    config.dataset = "far/tank";
    return config;
  }();
};

TEST_F(RecordTest, BeforeAnIncrementIsAllThatItBringsAndWhatBothHave) {
  for (const bool tree : {true, false}) {
    const auto record = record_before(source_, target_, "far", plan(tree));
    ASSERT_TRUE(record);
    EXPECT_EQ(record->record.base, "t2");
    ASSERT_TRUE(record->record.may_have_come);
    for (const std::string name : {"t1", "t2", "t3", "t4"})
      EXPECT_EQ(record->record.may_have_come->holds(source_.find("")->find_by_name(name)->createtxg), name > "t2");
    EXPECT_EQ(record->snapshot, "t4");
  }
}

TEST_F(RecordTest, BeforeAFirstFullItIsEverything) {
  target_ = Inventory();
  target_.root = "far/tank";
  EXPECT_EQ(before(), "tank@" + range("", "t1", "t4") + " t4");
}

TEST_F(RecordTest, OfADatasetThatIsMissingItIsEverything) {
  target_ = Tree("far/tank").dataset("", "t1 t2 t3").dataset("a", "t1 t2 t3");
  EXPECT_EQ(before(), "tank@t3" + range("b", "t2", "t4") + " t4");
}

TEST_F(RecordTest, WhatIsRecordedAlreadyIsNotRecordedAgain) {
  const auto first = record_before(source_, target_, "far", plan());
  ASSERT_TRUE(first);
  predict(*first, source_);
  EXPECT_EQ(before(), "");
  target_ = Tree("far/tank").dataset("", "t1 t2 t3 t4").dataset("a", "t1 t2 t3 t4").dataset("b", "t2 t3 t4");
  EXPECT_EQ(before(), "") << "nothing is sent";
  EXPECT_EQ(after(), "tank@t4 t4");
  predict(*record_after(source_, target_, "far"), source_);
  EXPECT_EQ(after(), "");
}

// No record yet, and the newest did not arrive everywhere.
TEST_F(RecordTest, ABaseIsOneThatTheTargetHas) {
  EXPECT_EQ(after(), "tank@t2 t2");
  target_ = Tree("far/tank").dataset("", "t1 t2 t3 t4").dataset("a", "t1 t2").dataset("b", "t2 t3 t4");
  EXPECT_EQ(after(), "tank@t2" + range("", "t4", "t4") + " t2") << "and what the others continue from";
}

TEST_F(RecordTest, WhereDatasetsShareNothingThatAllHaveEachOnesBaseIsRecorded) {
  source_ = Tree("tank").dataset("", "t1 t2 t3").dataset("a", "t1 t2 t3");
  target_ = Tree("far/tank").dataset("", "t3").dataset("a", "t1");
  EXPECT_EQ(after(), "tank@" + range("", "t1", "t3") + " ");
}

TEST_F(RecordTest, ADatasetWithNothingInCommonChangesNothing) {
  target_ = Tree("far/tank").dataset("", "t1 t2").dataset("a", "x1").dataset("b", "t2");
  EXPECT_EQ(after(), "tank@t2 t2");
  target_ = Tree("far/tank").dataset("", "x1");
  EXPECT_EQ(after(), "");
}

}  // namespace
}  // namespace czb
