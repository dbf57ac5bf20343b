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
  return report;
}

TEST(PlanJson, NoJobsIsAnEmptyList) {
  EXPECT_EQ(Json::parse(plans_as_json({})), Json::parse(R"({"jobs": []})"));
  EXPECT_EQ(plans_as_json({}).back(), '\n');
}

TEST(PlanJson, ShowsActionsInOrderWithTheirSteps) {
  JobReport report = job();
  report.snapshot.emplace().steps = {{TakeSnapshot{"zippy/zippy", "t9"}, "this machine", "", "zfs snapshot …"}};
  report.expire.emplace().spared = {{"zippy/zippy@t1", "it is held"}};
  report.expire->fail(ExitCode::refused, "too many");
  TargetReport& target = report.targets.emplace_back();
  target.name = "offsite";
  target.push.steps = {
      {SendTree{"zippy/zippy", "offsite/zippy", "t8", "t9", {}}, "this machine", "ssh offsite", "send | receive"}};
  target.push.notes = {"a waits"};
  EXPECT_EQ(Json::parse(plans_as_json({report})), Json::parse(R"({"jobs": [{
      "name": "zippy", "dataset": "zippy/zippy", "exit-code": 5, "actions": [
        {"action": "snapshot", "exit-code": 0, "spared": [], "refusals": [], "notes": [], "errors": [],
         "steps": [{"step": "snapshot", "host": "this machine", "command": "zfs snapshot …",
                    "argv": ["zfs", "snapshot", "-r", "zippy/zippy@t9"]}]},
        {"action": "expire", "exit-code": 5, "steps": [], "refusals": ["too many"], "notes": [], "errors": [],
         "spared": [{"snapshot": "zippy/zippy@t1", "why": "it is held"}]},
        {"action": "push", "target": "offsite", "exit-code": 0, "spared": [], "refusals": [], "notes": ["a waits"],
         "errors": [],
         "steps": [{"step": "send", "host": "this machine", "receiving-host": "ssh offsite",
                    "argv": ["zfs", "send", "-P", "-R", "-w", "-L", "-c", "-e", "-I", "@t8", "zippy/zippy@t9"],
                    "receiving-argv": ["zfs", "receive", "-u", "offsite/zippy"], "command": "send | receive"}]}]}]})"));
}

TEST(PlanJson, ShowsWhatConcernsTheWholeJob) {
  JobReport report = job();
  report.general.fail(ExitCode::usage, "no such dataset");
  const Json json = Json::parse(plans_as_json({report}));
  EXPECT_EQ(json["jobs"][0]["exit-code"], 2);
  EXPECT_EQ(json["jobs"][0]["actions"][0]["action"], "job");
  EXPECT_EQ(json["jobs"][0]["actions"][0]["errors"][0], "no such dataset");
}

TEST(PlanJson, ShowsTheVerdictsThatWereAskedFor) {
  JobReport report = job();
  report.expire.emplace().verdicts = {{"zippy/zippy@t1", {Decision::expire, "no tier keeps it"}},
                                      {"zippy/zippy@t2", {Decision::keep, "newest"}}};
  EXPECT_EQ(Json::parse(plans_as_json({report}))["jobs"][0]["actions"][0]["verdicts"], Json::parse(R"([
      {"snapshot": "zippy/zippy@t1", "verdict": "expire", "rule": "no tier keeps it"},
      {"snapshot": "zippy/zippy@t2", "verdict": "keep", "rule": "newest"}])"));
}

TEST(PlanJson, ReplacesBytesThatAreNotText) {
  JobReport report = job();
  report.general.fail(ExitCode::failed, "zfs said \xff\xfe");
  const Json json = Json::parse(plans_as_json({report}));
  EXPECT_EQ(json["jobs"][0]["actions"][0]["errors"][0], "zfs said \xEF\xBF\xBD\xEF\xBF\xBD");
}

}  // namespace
}  // namespace czb
