// SPDX-License-Identifier: MIT
// What expires at the source, and each guard that keeps something (plan/expire.h).
#include <gmock/gmock.h>

#include "error.h"
#include "inventory_builder.h"
#include "plan/expire.h"

namespace czb {
namespace {

using test::commands_of;
using test::destroyed_by;
using test::ExpireNamed;
using test::Names;
using test::NumberNaming;
using test::reason_for;
using test::ScriptedRetention;
using test::Tree;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class ExpirePlanTest : public ::testing::Test {
 protected:
  ExpirePlanTest() {
    request_.now = 1000;
    request_.force_destroy_lots = true;  // the tests of that guard unset it
  }

  // Names of no snapshot: everything expires.
  ExpirePlan plan(const Inventory& source, std::set<std::string> expired = {}) {
    ExpireNamed retention(std::move(expired));
    return plan_expire(source, naming_, retention, request_);
  }

  std::string failure_of(ScriptedRetention::Script script) {
    ScriptedRetention retention(std::move(script));
    try {
      plan_expire(Tree("tank").dataset("", "t1 t2"), naming_, retention, request_);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::failed);
      return error.what();
    }
    return "(accepted)";
  }

  ExpireRequest request_;
  NumberNaming naming_;
};

TEST_F(ExpirePlanTest, ExpiresWhatThePluginSaysAcrossTheTree) {
  const Inventory source = Tree("tank").dataset("", "t1 t2 t3").dataset("a", "t1 t2 t3").dataset("b", "t2 t3");
  const ExpirePlan result = plan(source, {"t1", "t2"});
  EXPECT_THAT(commands_of(result.steps), ElementsAre("zfs destroy -r tank@t1,t2"));
  EXPECT_EQ(result.count, 5U);
  EXPECT_EQ(result.steps.at(0).side, Side::source);
  EXPECT_THAT(result.refusals, IsEmpty());
  EXPECT_THAT(result.spared, IsEmpty());
}

TEST_F(ExpirePlanTest, NothingExpiredIsNoStep) {
  const ExpirePlan result = plan(Tree("tank").dataset("", "t1 t2").dataset("empty"), {"t7"});
  EXPECT_THAT(result.steps, IsEmpty());
  EXPECT_EQ(result.count, 0U);
}

TEST_F(ExpirePlanTest, TheNewestStays) {
  const ExpirePlan result = plan(Tree("tank").dataset("", "t1 t2").dataset("a", "t1"));
  EXPECT_THAT(commands_of(result.steps), ElementsAre("zfs destroy tank@t1"));
  EXPECT_THAT(reason_for(result.spared, "tank@t2"), HasSubstr("newest"));
  EXPECT_THAT(reason_for(result.spared, "tank/a@t1"), HasSubstr("newest"));
}

TEST_F(ExpirePlanTest, TheNewestOfOursStaysAlsoBelowANewerForeignOne) {
  const ExpirePlan result = plan(Tree("tank").dataset("", "t1 t2 x3"));
  EXPECT_THAT(commands_of(result.steps), ElementsAre("zfs destroy tank@t1"));
  EXPECT_THAT(reason_for(result.spared, "tank@t2"), HasSubstr("newest"));
}

TEST_F(ExpirePlanTest, ForeignSnapshotsAreNeverJudged) {
  const ExpirePlan result = plan(Tree("tank").dataset("", "x1 T2 t t3x t4 t5"));
  EXPECT_THAT(commands_of(result.steps), ElementsAre("zfs destroy tank@t4"));
  EXPECT_EQ(result.spared.size(), 1U);
}

TEST_F(ExpirePlanTest, ARecordedBaseStaysInEveryDatasetWhileTheTargetIsAway) {
  request_.records = {{"offsite", {"t2", {}}}};
  const ExpirePlan result = plan(Tree("tank").dataset("", "t1 t2 t3").dataset("a", "t1 t2 t3"));
  EXPECT_THAT(commands_of(result.steps), ElementsAre("zfs destroy -r tank@t1"));
  EXPECT_THAT(reason_for(result.spared, "tank@t2"), HasSubstr("the target offsite continues from it"));
  EXPECT_THAT(reason_for(result.spared, "tank/a@t2"), HasSubstr("the target offsite continues from it"));
}

TEST_F(ExpirePlanTest, ARecordedBaseThatIsGoneProtectsNothing) {
  request_.records = {{"offsite", {"t9", {}}}};
  EXPECT_THAT(commands_of(plan(Tree("tank").dataset("", "t1 t2 t3")).steps), ElementsAre("zfs destroy tank@t1,t2"));
}

TEST_F(ExpirePlanTest, WhatMayHaveArrivedStaysInEveryDatasetUntilTheTargetIsSeen) {
  const Inventory source = Tree("tank").dataset("", "t1 t2 t3 t4 t5 t6").dataset("a", "t2 t3 t6").dataset("b", "t1 t6");
  const auto txg = [&](const std::string& name) { return source.find("")->find_by_name(name)->createtxg; };
  request_.records = {{"offsite", {"t1", TxgRange{txg("t3"), txg("t4")}}}};
  const ExpirePlan away = plan(source);
  EXPECT_EQ(destroyed_by(away.steps, source), (Names{"tank@t2", "tank@t5", "tank/a@t2"}));
  EXPECT_THAT(reason_for(away.spared, "tank@t4"), HasSubstr("the target offsite may have received it"));
  EXPECT_THAT(reason_for(away.spared, "tank/a@t3"), HasSubstr("the target offsite may have received it"));
  const Inventory there = Tree("far/tank").dataset("", "t1 t2 t3").dataset("a", "t2").dataset("b", "t1");
  request_.targets = {{"offsite", &there}};
  const ExpirePlan seen = plan(source);
  EXPECT_EQ(destroyed_by(seen.steps, source), (Names{"tank@t2", "tank@t4", "tank@t5", "tank/a@t3"}));
}

TEST_F(ExpirePlanTest, TheNewestInCommonWithEachObservedTargetStays) {
  const Inventory near = Tree("near/tank").dataset("", "t1 t2 t3").dataset("a", "t1");
  const Inventory far = Tree("far/tank").dataset("", "t1");
  request_.targets = {{"near", &near}, {"far", &far}};
  const ExpirePlan result = plan(Tree("tank").dataset("", "t1 t2 t3 t4").dataset("a", "t1 t2 t4"));
  EXPECT_THAT(reason_for(result.spared, "tank@t3"), HasSubstr("in common with the target near"));
  EXPECT_THAT(reason_for(result.spared, "tank@t1"), HasSubstr("in common with the target far"));
  EXPECT_THAT(reason_for(result.spared, "tank/a@t1"), HasSubstr("in common with the target near"));
  EXPECT_EQ(destroyed_by(result.steps, Tree("tank").dataset("", "t1 t2 t3 t4").dataset("a", "t1 t2 t4")),
            (Names{"tank@t2", "tank/a@t2"}));
}

TEST_F(ExpirePlanTest, TheRecordAndTheObservedTargetProtectTogether) {
  const Inventory there = Tree("far/tank").dataset("", "t1 t2");
  request_.records = {{"offsite", {"t1", {}}}};
  request_.targets = {{"offsite", &there}};
  EXPECT_THAT(commands_of(plan(Tree("tank").dataset("", "t1 t2 t3 t4")).steps), ElementsAre("zfs destroy tank@t3"));
}

TEST_F(ExpirePlanTest, HeldAndClonedSnapshotsStayAndAreToldAbout) {
  const ExpirePlan result = plan(Tree("tank").dataset("", "t1+hold t2+clone t3 t4").dataset("a", "t1 t3 t4"));
  EXPECT_THAT(commands_of(result.steps), ElementsAre("zfs destroy -r tank@t3", "zfs destroy tank/a@t1"));
  EXPECT_THAT(reason_for(result.spared, "tank@t1"), HasSubstr("held"));
  EXPECT_THAT(reason_for(result.spared, "tank@t2"), HasSubstr("clones"));
}

TEST_F(ExpirePlanTest, ASnapshotFromTheFutureStopsItsDatasetOnly) {
  const ExpirePlan result = plan(Tree("tank").dataset("", "t1 t1001").dataset("a", "t1 t1000"));
  EXPECT_THAT(commands_of(result.steps), ElementsAre("zfs destroy tank/a@t1"));
  EXPECT_THAT(result.refusals,
              ElementsAre(::testing::AllOf(HasSubstr("tank:"), HasSubstr("@t1001"), HasSubstr("from the future"))));
}

TEST_F(ExpirePlanTest, AForeignSnapshotIsNeverFromTheFuture) {
  EXPECT_THAT(plan(Tree("tank").dataset("", "t1 t2 x2000")).refusals, IsEmpty());
}

TEST_F(ExpirePlanTest, ExactlyAQuarterMayGo) {
  request_.force_destroy_lots = false;
  const ExpirePlan result = plan(Tree("tank").dataset("", "t1 t2 t3 t4 t5 t6 t7 t8"), {"t1", "t2"});
  EXPECT_EQ(result.count, 2U);
  EXPECT_THAT(result.refusals, IsEmpty());
}

TEST_F(ExpirePlanTest, JustAboveAQuarterIsRefusedForThatDatasetOnly) {
  request_.force_destroy_lots = false;
  const ExpirePlan result =
      plan(Tree("tank").dataset("", "t1 t2 t3 t4 t5 t6 t7").dataset("a", "t1 t2 t3 t4 t5 t6 t7 t8"), {"t1", "t2"});
  EXPECT_THAT(commands_of(result.steps), ElementsAre("zfs destroy tank/a@t1,t2"));
  EXPECT_EQ(result.count, 2U);
  EXPECT_THAT(result.refusals, ElementsAre(::testing::AllOf(HasSubstr("tank: 2 of its 7"), HasSubstr("25 %"),
                                                            HasSubstr("--force-destroy-lots"))));
}

TEST_F(ExpirePlanTest, WhereOthersWorkOnTheDatasetItIsNotAdvisedToForceIt) {
  request_.force_destroy_lots = false;
  request_.others = {"job b", "job c"};
  EXPECT_THAT(plan(Tree("tank").dataset("", "t1 t2 t3 t4")).refusals,
              ElementsAre(::testing::AllOf(HasSubstr("job b, job c"), HasSubstr("must not be forced"),
                                           ::testing::Not(HasSubstr("--force-destroy-lots")))));
}

TEST_F(ExpirePlanTest, WhereOnlyARecordTellsOfOthersItIsSaidWhenThatCanGo) {
  request_.force_destroy_lots = false;
  request_.strange_records = {"old"};
  EXPECT_THAT(plan(Tree("tank").dataset("", "t1 t2 t3 t4")).refusals,
              ElementsAre(::testing::AllOf(
                  HasSubstr("not this job's alone (a push to a target named old)"), HasSubstr("must not be forced"),
                  HasSubstr("Of old: If that target was renamed, and pushed to under its new name since"),
                  HasSubstr("no configuration on any host pushes to it any more"),
                  HasSubstr("zfs inherit cyber-zfs-backup:base.old DATASET (`zfs get -r"),
                  HasSubstr("leave the record"), ::testing::Not(HasSubstr("--force-destroy-lots")))));
  request_.others = {"job b"};
  EXPECT_THAT(plan(Tree("tank").dataset("", "t1 t2 t3 t4")).refusals,
              ElementsAre(::testing::AllOf(HasSubstr("(job b)"), ::testing::Not(HasSubstr("zfs inherit")))));
}

TEST_F(ExpirePlanTest, ForceLetsMoreGo) {
  EXPECT_EQ(plan(Tree("tank").dataset("", "t1 t2 t3 t4"), {"t1", "t2", "t3"}).count, 3U);
}

TEST_F(ExpirePlanTest, TheLimitIsConfigurable) {
  request_.force_destroy_lots = false;
  const Inventory source = Tree("tank").dataset("", "t1 t2 t3 t4");
  request_.destroy_limit_percent = 0;
  EXPECT_EQ(plan(source, {"t1"}).refusals.size(), 1U);
  request_.destroy_limit_percent = 100;
  EXPECT_EQ(plan(source, {"t1", "t2", "t3"}).count, 3U);
}

TEST_F(ExpirePlanTest, WhatIsSparedDoesNotCountAgainstTheLimit) {
  request_.force_destroy_lots = false;
  const ExpirePlan result = plan(Tree("tank").dataset("", "t1 t2+hold t3+hold t4"), {"t1", "t2", "t3"});
  EXPECT_EQ(result.count, 1U);
  EXPECT_THAT(result.refusals, IsEmpty());
}

TEST_F(ExpirePlanTest, ExplainsEveryVerdictWhenAsked) {
  const Inventory source = Tree("tank").dataset("", "t1 x2 t3");
  EXPECT_THAT(plan(source, {"t1"}).verdicts, IsEmpty());
  request_.explain = true;
  std::vector<std::string> lines;
  for (const Judged& judged : plan(source, {"t1"}).verdicts)
    lines.push_back(judged.snapshot + (judged.verdict.decision == Decision::keep ? " keep: " : " expire: ") +
                    judged.verdict.rule);
  EXPECT_THAT(lines, ::testing::UnorderedElementsAre("tank@t1 expire: named", "tank@t3 keep: not named"));
}

TEST_F(ExpirePlanTest, APluginThatFailsIsAnErrorWithItsWords) {
  EXPECT_THAT(failure_of([](auto, VerdictSink&, TextSink& error) {
                error.write("cannot count");
                return Status::failed;
              }),
              ::testing::AllOf(HasSubstr("tank"), HasSubstr("cannot count")));
}

TEST_F(ExpirePlanTest, APluginThatFailsAfterItsVerdictsIsAnErrorToo) {
  EXPECT_THAT(failure_of([](auto count, VerdictSink& verdicts, TextSink&) {
                for (std::uint64_t i = 0; i < count; ++i) verdicts.verdict(i, Decision::expire, "all");
                return Status::failed;
              }),
              HasSubstr("failed"));
}

TEST_F(ExpirePlanTest, EachBreachOfTheRetentionContractIsAnError) {
  const auto after_good_ones = [](std::uint64_t index, Decision decision) {
    return [=](std::uint64_t count, VerdictSink& verdicts, TextSink&) {
      for (std::uint64_t i = 0; i < count; ++i) verdicts.verdict(i, Decision::keep, "good");
      verdicts.verdict(index, decision, "bad");
      return Status::ok;
    };
  };
  EXPECT_THAT(failure_of(after_good_ones(0, Decision::expire)), HasSubstr("two verdicts for one snapshot"));
  EXPECT_THAT(failure_of(after_good_ones(2, Decision::keep)), HasSubstr("a snapshot that it was not given"));
  EXPECT_THAT(failure_of(after_good_ones(~std::uint64_t{0}, Decision::keep)), HasSubstr("not given"));
  EXPECT_THAT(failure_of([](auto, VerdictSink& verdicts, TextSink&) {
                verdicts.verdict(1, Decision::expire, "one only");
                return Status::ok;
              }),
              HasSubstr("no verdict for some snapshots"));
  EXPECT_THAT(failure_of([](auto, VerdictSink&, TextSink&) { return Status::ok; }), HasSubstr("no verdict"));
  EXPECT_THAT(failure_of([](auto count, VerdictSink& verdicts, TextSink&) {
                for (std::uint64_t i = 0; i < count; ++i) verdicts.verdict(i, static_cast<Decision>(7), "odd");
                return Status::ok;
              }),
              HasSubstr("neither keep nor expire"));
}

TEST_F(ExpirePlanTest, VerdictsMayComeInAnyOrder) {
  ScriptedRetention retention([](auto count, VerdictSink& verdicts, TextSink&) {
    for (std::uint64_t i = count; i-- > 0;) verdicts.verdict(i, i == 2 ? Decision::expire : Decision::keep, "third");
    return Status::ok;
  });
  const ExpirePlan result = plan_expire(Tree("tank").dataset("", "t1 t2 t3"), naming_, retention, request_);
  EXPECT_THAT(commands_of(result.steps), ElementsAre("zfs destroy tank@t1"));
}

}  // namespace
}  // namespace czb
