// SPDX-License-Identifier: MIT
// Whether the sides agree (plan/verify.h).
#include "plan/verify.h"

#include <gmock/gmock.h>

#include "inventory_builder.h"

namespace czb {
namespace {

using test::NumberNaming;
using test::Tree;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

using Problems = std::vector<std::string>;

class VerifyTest : public ::testing::Test {
 protected:
  // `to`: the goal of every dataset that has it.
  Verification verified(const Inventory& source, const Inventory& target, const std::string& to) {
    std::vector<DatasetPlan> plans;
    for (const auto& [relative, here] : source.datasets) {
      plans.emplace_back().relative = relative;
      if (here.find_by_name(to) != nullptr) plans.back().goal = to;
    }
    return verified(source, target, plans);
  }
  Verification verified(const Inventory& source, const Inventory& target, const std::vector<DatasetPlan>& plans) {
    NumberNaming naming;
    return verify(source, target, plans, mode_, naming, plan_);
  }
  Problems problems(const Inventory& source, const Inventory& target, const std::string& to) {
    return texts_of(verified(source, target, to));
  }
  static Problems texts_of(const Verification& verification) {
    Problems texts;
    for (const Disagreement& each : verification.disagreements) texts.push_back(each.text);
    return texts;
  }
  Mirror mode_ = Mirror::exact;
  MirrorPlan plan_;
};

TEST_F(VerifyTest, EqualSidesAgree) {
  const Verification result = verified(Tree("tank").dataset("", "t1 x2 t3").dataset("a", "t3"),
                                       Tree("far").dataset("", "t1 x2 t3").dataset("a", "t3"), "t3");
  EXPECT_THAT(result.disagreements, IsEmpty());
  EXPECT_EQ(result.extras, 0U);
}

TEST_F(VerifyTest, WhatIsNewerThanTheLastSentNeedNotBeThere) {
  EXPECT_THAT(problems(Tree("tank").dataset("", "t1 t2 t3"), Tree("far").dataset("", "t1 t2"), "t2"), IsEmpty());
}

TEST_F(VerifyTest, ADatasetWithoutTheLastSentNeedNotBeThere) {
  EXPECT_THAT(problems(Tree("tank").dataset("", "t1").dataset("young", "t2"), Tree("far").dataset("", "t1"), "t1"),
              IsEmpty());
}

TEST_F(VerifyTest, EachDatasetIsComparedUpToItsOwnGoal) {
  const Inventory source = Tree("tank").dataset("", "t1 t2").dataset("a", "t1 x9").dataset("kept", "t1 t2");
  DatasetPlan root;
  root.goal = "t2";
  DatasetPlan child;
  child.relative = "a";
  child.goal = "x9";
  DatasetPlan kept_back;
  kept_back.relative = "kept";
  const Verification result =
      verified(source, Tree("far").dataset("", "t1 t2").dataset("a", "t1"), {root, child, kept_back});
  ASSERT_EQ(result.disagreements.size(), 1U);
  EXPECT_EQ(result.disagreements[0].relative, "a");
  EXPECT_EQ(result.disagreements[0].text, "far/a@x9 is missing at the target");
}

TEST_F(VerifyTest, TellsAMissingSnapshot) {
  EXPECT_THAT(problems(Tree("tank").dataset("", "t1 t2 t3"), Tree("far").dataset("", "t1 t3"), "t3"),
              ElementsAre(AllOf(StartsWith("far@t2 is missing at the target"), HasSubstr("cannot put it between"))));
  EXPECT_THAT(problems(Tree("tank").dataset("", "t1 t2"), Tree("far").dataset("", "t1"), "t2"),
              ElementsAre("far@t2 is missing at the target"));
}

TEST_F(VerifyTest, TellsAMissingDataset) {
  EXPECT_THAT(problems(Tree("tank").dataset("", "t1").dataset("a", "t1"), Tree("far").dataset("", "t1"), "t1"),
              ElementsAre("far/a is missing at the target"));
}

TEST_F(VerifyTest, GoesByGuidAndNotByName) {
  EXPECT_THAT(problems(Tree("tank").dataset("", "t1=1"), Tree("far").dataset("", "t1=2"), "t1"),
              ElementsAre("far@t1 is missing at the target", "far@t1 is not at the source"));
  EXPECT_THAT(problems(Tree("tank").dataset("", "t1=1 t2=2"), Tree("far").dataset("", "old1=1 t2=2"), "t2"), IsEmpty());
}

TEST_F(VerifyTest, TellsAnExtraSnapshotUnlessThePlanSparedOrRefusedIt) {
  const Inventory source = Tree("tank").dataset("", "t2").dataset("a", "t2");
  const Inventory target = Tree("far").dataset("", "t1 t2").dataset("a", "t1 t2");
  EXPECT_THAT(problems(source, target, "t2"),
              ElementsAre("far@t1 is not at the source", "far/a@t1 is not at the source"));
  plan_.spared = {{"far@t1", "it is held"}};
  EXPECT_THAT(problems(source, target, "t2"), ElementsAre("far/a@t1 is not at the source"));
  EXPECT_EQ(verified(source, target, "t2").extras, 1U);
  plan_.refused = {"a"};
  EXPECT_THAT(problems(source, target, "t2"), IsEmpty());
  EXPECT_EQ(verified(source, target, "t2").extras, 2U);
}

TEST_F(VerifyTest, ARefusalOfOneDatasetExcusesNoOther) {
  plan_.refused = {"a"};
  EXPECT_THAT(problems(Tree("tank").dataset("", "t2").dataset("a", "t2"),
                       Tree("far").dataset("", "t1 t2").dataset("a", "t1 t2"), "t2"),
              ElementsAre("far@t1 is not at the source"));
}

TEST_F(VerifyTest, MirrorOursLetsForeignExtrasStayAndCountsThem) {
  mode_ = Mirror::ours;
  const Verification result = verified(Tree("tank").dataset("", "t3"), Tree("far").dataset("", "t1 x2 t3"), "t3");
  EXPECT_THAT(texts_of(result), ElementsAre("far@t1 is not at the source"));
  EXPECT_EQ(result.extras, 1U);
}

TEST_F(VerifyTest, MirrorOffLetsAllExtrasStayButNothingMayLack) {
  mode_ = Mirror::off;
  const Verification result = verified(Tree("tank").dataset("", "t2 t3"), Tree("far").dataset("", "t1 t3"), "t3");
  EXPECT_THAT(texts_of(result), ElementsAre(StartsWith("far@t2 is missing at the target")));
  EXPECT_EQ(result.extras, 1U);
}

TEST_F(VerifyTest, ADatasetThatOnlyTheTargetHasIsNoDisagreement) {
  EXPECT_THAT(problems(Tree("tank").dataset("", "t1"), Tree("far").dataset("", "t1").dataset("old", "t1"), "t1"),
              IsEmpty());
}

TEST_F(VerifyTest, TheRestOfAnInterruptedReceiveIsADisagreementWhateverTheMirror) {
  const Inventory source = Tree("tank").dataset("", "t1");
  const Inventory target = Tree("far").dataset("", "t1").resume_token("", "1-abc");
  for (const Mirror mode : {Mirror::exact, Mirror::ours, Mirror::off}) {
    mode_ = mode;
    EXPECT_THAT(problems(source, target, "t1"), ElementsAre(HasSubstr("interrupted receive")))
        << static_cast<int>(mode);
  }
}

}  // namespace
}  // namespace czb
