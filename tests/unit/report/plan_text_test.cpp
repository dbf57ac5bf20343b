// SPDX-License-Identifier: MIT
// A plan for people (report/plan_text.h).
#include "report/plan_text.h"

#include <gtest/gtest.h>

namespace czb {
namespace {

JobReport job() {
  JobReport report;
  report.name = "zippy";
  report.dataset = "zippy/zippy";
  report.dry_run = true;
  return report;
}

TargetReport target() {
  TargetReport report;
  report.name = "offsite";
  report.dataset = "offsite/zippy";
  report.peer = "ssh offsite";
  report.observed = true;
  return report;
}

TEST(PlanText, ShowsEachStepWithItsExactCommandAndWhatIsSparedAndRefused) {
  JobReport report = job();
  report.snapshot.emplace().steps = {{TakeSnapshot{"zippy/zippy", "t9", {}}, "this machine", "", "zfs snapshot -r x"}};
  ActionReport& expire = report.expire.emplace();
  expire.steps = {{DestroySnapshots{}, "this machine", "", "zfs destroy y"}};
  expire.spared = {{"zippy/zippy@t1", "it is held"}};
  expire.fail(ExitCode::refused, "too many");
  report.expired = 1;
  report.targets.push_back(target());
  report.targets[0].destroyed = 2;
  report.targets[0].push.steps = {{SendTree{}, "this machine", "ssh offsite", "zfs send z | ssh offsite zfs receive"}};
  report.targets[0].push.notes = {"a waits"};
  EXPECT_EQ(plan_as_text(report),
            "job zippy (zippy/zippy)\n"
            "  snapshot\n"
            "    zfs snapshot -r x\n"
            "  expire: 1 snapshot of the source\n"
            "    zfs destroy y\n"
            "    keeps zippy/zippy@t1: it is held\n"
            "    refused: too many\n"
            "  push to offsite (ssh offsite, offsite/zippy): 2 of its snapshots to delete\n"
            "    zfs send z | ssh offsite zfs receive\n"
            "    note: a waits\n");
}

TEST(PlanText, SaysThatThereIsNothingToDo) {
  JobReport report = job();
  report.expire.emplace();
  report.targets.push_back(target());
  EXPECT_EQ(plan_as_text(report),
            "job zippy (zippy/zippy)\n"
            "  expire: 0 snapshots of the source\n"
            "    nothing to expire\n"
            "  push to offsite (ssh offsite, offsite/zippy): 0 of its snapshots to delete\n"
            "    nothing to send: the target holds it all\n");
}

TEST(PlanText, SaysAnErrorAndNotThatThereIsNothingToDo) {
  JobReport report = job();
  report.targets.push_back(target());
  report.targets[0].observed = false;
  report.targets[0].push.fail(ExitCode::unreachable, "no route");
  EXPECT_EQ(plan_as_text(report),
            "job zippy (zippy/zippy)\n"
            "  push to offsite (ssh offsite, offsite/zippy): not planned\n"
            "    error: no route\n");
}

TEST(PlanText, ShowsTheVerdictsThatWereAskedFor) {
  JobReport report = job();
  report.expire.emplace().verdicts = {{"zippy/zippy@t1", {Decision::expire, "no tier keeps it"}},
                                      {"zippy/zippy@t2", {Decision::keep, "newest"}}};
  EXPECT_EQ(plan_as_text(report),
            "job zippy (zippy/zippy)\n"
            "  expire: 0 snapshots of the source\n"
            "    expire zippy/zippy@t1: no tier keeps it\n"
            "    keep   zippy/zippy@t2: newest\n"
            "    nothing to expire\n");
}

TEST(PlanText, ShowsWhatConcernsTheWholeJob) {
  JobReport report = job();
  report.general.fail(ExitCode::usage, "no such dataset");
  EXPECT_EQ(plan_as_text(report), "job zippy (zippy/zippy)\n    error: no such dataset\n");
}

}  // namespace
}  // namespace czb
