// SPDX-License-Identifier: MIT
// Plans for machines (report/plan_json.h).
#include "report/plan_json.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace czb {
namespace {

using Json = nlohmann::json;

JobReport job() {
  JobReport report;
  report.name = "zippy";
  report.dataset = "zippy/zippy";
  report.dry_run = true;
  return report;
}

TEST(PlanJson, NoJobsIsAnEmptyList) {
  EXPECT_EQ(Json::parse(reports_as_json({})), Json::parse(R"({"jobs": []})"));
  EXPECT_EQ(reports_as_json({}).back(), '\n');
}

TEST(PlanJson, ShowsActionsInOrderWithTheirSteps) {
  JobReport report = job();
  report.snapshot.emplace().steps = {{TakeSnapshot{"zippy/zippy", "t9", {}}, "this machine", "", "zfs snapshot …"}};
  report.expire.emplace().spared = {{"zippy/zippy@t1", "it is held"}};
  report.expire->fail(ExitCode::refused, "too many");
  TargetReport& target = report.targets.emplace_back();
  target.name = "offsite";
  target.dataset = "offsite/zippy";
  target.push.steps = {
      {SendTree{"zippy/zippy", "offsite/zippy", "t8", "t9", {}}, "this machine", "ssh offsite", "send | receive"}};
  target.push.notes = {"a waits"};
  EXPECT_EQ(Json::parse(reports_as_json({report})), Json::parse(R"({"jobs": [{
      "name": "zippy", "dataset": "zippy/zippy", "dry-run": true, "exit-code": 5, "actions": [
        {"action": "snapshot", "exit-code": 0, "spared": [], "refusals": [], "notes": [], "errors": [],
         "steps": [{"step": "snapshot", "host": "this machine", "command": "zfs snapshot …",
                    "argv": ["zfs", "snapshot", "-r", "zippy/zippy@t9"]}]},
        {"action": "expire", "exit-code": 5, "steps": [], "refusals": ["too many"], "notes": [], "errors": [],
         "spared": [{"snapshot": "zippy/zippy@t1", "why": "it is held"}]},
        {"action": "push", "target": "offsite", "dataset": "offsite/zippy", "sent-bytes": 0, "destroyed": 0,
         "retries": 0, "datasets": [], "exit-code": 0, "spared": [], "refusals": [], "notes": ["a waits"],
         "errors": [],
         "steps": [{"step": "send", "host": "this machine", "receiving-host": "ssh offsite",
                    "argv": ["zfs", "send", "-P", "-R", "-w", "-L", "-c", "-e", "-I", "@t8", "zippy/zippy@t9"],
                    "receiving-argv": ["zfs", "receive", "-s", "-u", "offsite/zippy"], "command": "send | receive"}]}]}]})"));
}

TEST(PlanJson, ShowsWhatConcernsTheWholeJob) {
  JobReport report = job();
  report.general.fail(ExitCode::usage, "no such dataset");
  const Json json = Json::parse(reports_as_json({report}));
  EXPECT_EQ(json["jobs"][0]["exit-code"], 2);
  EXPECT_EQ(json["jobs"][0]["actions"][0]["action"], "job");
  EXPECT_EQ(json["jobs"][0]["actions"][0]["errors"][0], "no such dataset");
}

TEST(PlanJson, OfARunSaysWhatCameOfEachDataset) {
  JobReport report = job();
  report.dry_run = false;
  TargetReport& target = report.targets.emplace_back();
  target.name = "offsite";
  target.dataset = "offsite/zippy";
  target.sent_bytes = 4096;
  target.destroyed = 3;
  target.retries = 2;
  target.agrees = true;
  target.outcomes[""] = {Outcome::up_to_date, "", 0};
  target.outcomes["a"] = {Outcome::healed, "it was missing at the target", 4096};
  target.outcomes["b"] = {Outcome::kept_back, "it diverged", 0};
  const Json json = Json::parse(reports_as_json({report}))["jobs"][0];
  EXPECT_EQ(json["dry-run"], false);
  const Json push = json["actions"][0];
  EXPECT_EQ(push["sent-bytes"], 4096);
  EXPECT_EQ(push["destroyed"], 3);
  EXPECT_EQ(push["retries"], 2);
  EXPECT_EQ(push["agrees"], true);
  EXPECT_EQ(push["datasets"], Json::parse(R"([
      {"dataset": "zippy/zippy", "outcome": "up to date"},
      {"dataset": "zippy/zippy/a", "outcome": "healed", "why": "it was missing at the target", "bytes": 4096},
      {"dataset": "zippy/zippy/b", "outcome": "kept back", "why": "it diverged"}])"));
}

TEST(PlanJson, TellsTheAlarmsOfAReceiver) {
  JobReport report = job();
  report.targets.emplace_back();
  EXPECT_FALSE(Json::parse(reports_as_json({report}))["jobs"][0]["actions"][0].contains("alarms"));
  report.targets[0].alarms = {"a is gone"};
  EXPECT_EQ(Json::parse(reports_as_json({report}))["jobs"][0]["actions"][0]["alarms"], Json::parse(R"(["a is gone"])"));
}

TEST(PlanJson, ClaimsNoAgreementBeforeARun) {
  JobReport report = job();
  report.targets.emplace_back();
  EXPECT_FALSE(Json::parse(reports_as_json({report}))["jobs"][0]["actions"][0].contains("agrees"));
}

TEST(PlanJson, ShowsTheVerdictsThatWereAskedFor) {
  JobReport report = job();
  report.expire.emplace().verdicts = {{"zippy/zippy@t1", {Decision::expire, "no tier keeps it"}},
                                      {"zippy/zippy@t2", {Decision::keep, "newest"}}};
  EXPECT_EQ(Json::parse(reports_as_json({report}))["jobs"][0]["actions"][0]["verdicts"], Json::parse(R"([
      {"snapshot": "zippy/zippy@t1", "verdict": "expire", "rule": "no tier keeps it"},
      {"snapshot": "zippy/zippy@t2", "verdict": "keep", "rule": "newest"}])"));
}

TEST(PlanJson, ReplacesBytesThatAreNotText) {
  JobReport report = job();
  report.general.fail(ExitCode::failed, "zfs said \xff\xfe");
  const Json json = Json::parse(reports_as_json({report}));
  EXPECT_EQ(json["jobs"][0]["actions"][0]["errors"][0], "zfs said \xEF\xBF\xBD\xEF\xBF\xBD");
}

}  // namespace
}  // namespace czb
