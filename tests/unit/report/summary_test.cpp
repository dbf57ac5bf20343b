// SPDX-License-Identifier: MIT
// What a run says at its end (report/summary.h).
#include "report/summary.h"

#include <gmock/gmock.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <sstream>

#include "log/log.h"

namespace czb {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

JobReport job() {
  JobReport report;
  report.name = "zippy";
  report.dataset = "zippy/zippy";
  return report;
}

TargetReport target() {
  TargetReport report;
  report.name = "offsite";
  report.dataset = "offsite/zippy";
  report.observed = true;
  report.datasets = 3;
  report.snapshots = 36;
  report.newest = "t9";
  report.agrees = true;
  return report;
}

// Everything that log_summary logs, a line each as "LEVEL MESSAGE".
std::string logged(const JobReport& report) {
  std::ostringstream text;
  auto logger = std::make_shared<spdlog::logger>("", std::make_shared<spdlog::sinks::ostream_sink_st>(text));
  logger->set_pattern("%l %v");
  logger->set_level(spdlog::level::trace);
  const auto before = spdlog::default_logger();
  spdlog::set_default_logger(logger);
  log_summary(report);
  spdlog::set_default_logger(before);
  return text.str();
}

TEST(JobLine, SaysWhatWasTakenAndExpired) {
  JobReport report = job();
  report.snapshot.emplace();
  report.snapshot_name = "t9";
  EXPECT_EQ(job_line(report), "job zippy: took zippy/zippy@t9");
  report.expire.emplace();
  report.expired = 3;
  EXPECT_EQ(job_line(report), "job zippy: took zippy/zippy@t9; expired 3 snapshots");
}

TEST(JobLine, SaysThatNoSnapshotWasTaken) {
  JobReport report = job();
  report.snapshot.emplace().fail(ExitCode::failed, "no");
  report.expire.emplace();
  report.expired = 1;
  EXPECT_EQ(job_line(report), "job zippy: took no snapshot; expired 1 snapshot");
}

TEST(JobLine, SaysWhatZfsKeepsButNotWhatTheGuardsKeep) {
  JobReport report = job();
  report.expire.emplace().spared = {{"zippy/zippy@t1", "it is held (zfs holds shows by whom)"},
                                    {"zippy/zippy@t2", "it has clones"},
                                    {"zippy/zippy@t3", "it is the newest snapshot"}};
  const std::string line = job_line(report);
  EXPECT_THAT(line, HasSubstr("kept zippy/zippy@t1 (it is held"));
  EXPECT_THAT(line, HasSubstr(", zippy/zippy@t2 (it has clones)"));
  EXPECT_THAT(line, Not(HasSubstr("@t3")));
}

TEST(JobLine, CountsTheDatasetsThatAGuardLeftAlone) {
  JobReport report = job();
  report.expire.emplace().fail(ExitCode::refused, "too many");
  EXPECT_EQ(job_line(report), "job zippy: expired 0 snapshots, refused for 1 dataset");
}

TEST(TargetLine, SaysWhatWasSentAndWhatTheTargetHolds) {
  TargetReport report = target();
  report.sent_bytes = 1258291;
  report.seconds = 4;
  report.destroyed = 3;
  EXPECT_EQ(target_line(job(), report),
            "job zippy, target offsite: sent 1.2 MiB in 4 s, deleted 3 snapshots; offsite/zippy now holds 36 snapshots "
            "of 3 datasets, the newest @t9, the same as the source");
}

TEST(TargetLine, SaysWhatTheTargetHoldsBeyondTheSource) {
  TargetReport report = target();
  report.extras = 2;
  EXPECT_THAT(target_line(job(), report), HasSubstr("the newest @t9, all of the source's and 2 more"));
}

TEST(TargetLine, SaysLoudlyThatTheSidesDoNotAgree) {
  TargetReport report = target();
  report.agrees = false;
  EXPECT_THAT(target_line(job(), report), HasSubstr("sent nothing; offsite/zippy now holds"));
  EXPECT_THAT(target_line(job(), report), HasSubstr("NOT as the source"));
}

TEST(TargetLine, CountsWhatWasOutOfTheOrdinary) {
  TargetReport report = target();
  report.outcomes[""] = {Outcome::sent, "", 0};
  report.outcomes["a"] = {Outcome::up_to_date, "", 0};
  EXPECT_THAT(target_line(job(), report), HasSubstr("sent nothing; offsite/zippy"));
  report.outcomes["b"] = {Outcome::failed, "out of space", 0};
  report.outcomes["c"] = {Outcome::healed, "it was missing", 0};
  report.outcomes["d"] = {Outcome::resumed, "", 0};
  report.outcomes["e"] = {Outcome::healed, "it was missing", 0};
  report.outcomes["f"] = {Outcome::kept_back, "it diverged", 0};
  EXPECT_THAT(target_line(job(), report),
              HasSubstr("sent nothing (1 resumed, 2 healed, 1 kept back, 1 failed of 7 datasets); offsite/zippy"));
}

TEST(TargetLine, ClaimsNothingAboutATargetThatWasNotSeen) {
  TargetReport report = target();
  report.observed = false;
  EXPECT_EQ(target_line(job(), report), "job zippy, target offsite: sent nothing; what it holds is not known");
}

TEST(Summary, LogsErrorsAndRefusalsAsErrorsAndGuardsOnlyVerbosely) {
  JobReport report = job();
  report.snapshot.emplace().fail(ExitCode::failed, "no snapshot");
  report.expire.emplace().fail(ExitCode::refused, "too many");
  report.expire->spared = {{"zippy/zippy@t3", "it is the newest snapshot"}};
  report.targets.push_back(target());
  report.targets[0].push.notes = {"a waits"};
  report.targets[0].push.warnings = {"look at b"};
  const std::string text = logged(report);
  EXPECT_THAT(text, HasSubstr("warning job zippy, target offsite: look at b\n"));
  EXPECT_THAT(text, HasSubstr("error job zippy, snapshot: no snapshot\n"));
  EXPECT_THAT(text, HasSubstr("error job zippy, expire: refused: too many\n"));
  EXPECT_THAT(text, HasSubstr("debug job zippy, expire: zippy/zippy@t3 stays: it is the newest snapshot\n"));
  EXPECT_THAT(text, HasSubstr("info job zippy, target offsite: a waits\n"));
  EXPECT_THAT(text, HasSubstr("info job zippy: took no snapshot"));
  EXPECT_THAT(text, HasSubstr("info job zippy, target offsite: sent nothing"));
}

TEST(Summary, TellsWhatWasResumedOrHealedAndTheRestOnlyVerbosely) {
  JobReport report = job();
  report.targets.push_back(target());
  report.targets[0].outcomes[""] = {Outcome::sent, "", 2048};
  report.targets[0].outcomes["a"] = {Outcome::healed, "it was missing at the target", 1024};
  report.targets[0].outcomes["b"] = {Outcome::resumed, "", 0};
  report.targets[0].outcomes["c"] = {Outcome::kept_back, "it diverged", 0};
  const std::string text = logged(report);
  EXPECT_THAT(text, HasSubstr("info job zippy, target offsite: zippy/zippy/a healed: it was missing at the target "
                              "(1.0 KiB)\n"));
  EXPECT_THAT(text, HasSubstr("info job zippy, target offsite: zippy/zippy/b resumed\n"));
  EXPECT_THAT(text, HasSubstr("debug job zippy, target offsite: zippy/zippy sent (2.0 KiB)\n"));
  EXPECT_THAT(text, HasSubstr("debug job zippy, target offsite: zippy/zippy/c kept back\n"));
}

TEST(Summary, EndsWithTheAlarmsOfReceiversAfterEachLineThatSoundsWell) {
  JobReport report = job();
  report.targets.push_back(target());
  report.targets[0].peer = "ssh offsite";
  report.targets[0].alarms = {"offsite/zippy@t1 is gone"};
  report.targets.push_back(target());
  report.targets[1].name = "second";
  const std::string text = logged(report);
  EXPECT_THAT(text, HasSubstr("the same as the source; its receiver raised an ALARM\n"));
  EXPECT_THAT(text, HasSubstr("target second: sent nothing; offsite/zippy now holds 36 snapshots of 3 datasets, the "
                              "newest @t9, the same as the source\n"));
  EXPECT_THAT(text, ::testing::EndsWith("error job zippy, target offsite: ALARM of the receiver on ssh offsite: "
                                        "offsite/zippy@t1 is gone\n"));
}

TEST(JobReport, ItsExitCodeIsTheWorstOfItsActions) {
  JobReport report = job();
  EXPECT_EQ(report.code(), ExitCode::ok);
  report.expire.emplace().fail(ExitCode::refused, "");
  EXPECT_EQ(report.code(), ExitCode::refused);
  report.targets.push_back(target());
  report.targets[0].push.fail(ExitCode::unreachable, "");
  EXPECT_EQ(report.code(), ExitCode::unreachable);
  report.snapshot.emplace().fail(ExitCode::failed, "");
  EXPECT_EQ(report.code(), ExitCode::failed);
  report.targets[0].push.fail(ExitCode::needs_person, "");
  EXPECT_EQ(report.code(), ExitCode::needs_person);
}

TEST(ExitCodes, TheWorseOfTwoIsTheSameInEitherOrder) {
  const ExitCode worst_first[] = {ExitCode::needs_person, ExitCode::failed, ExitCode::unreachable, ExitCode::refused,
                                  ExitCode::busy,         ExitCode::usage,  ExitCode::ok};
  for (std::size_t i = 0; i < std::size(worst_first); ++i)
    for (std::size_t j = i; j < std::size(worst_first); ++j) {
      EXPECT_EQ(worse_of(worst_first[i], worst_first[j]), worst_first[i]);
      EXPECT_EQ(worse_of(worst_first[j], worst_first[i]), worst_first[i]);
    }
}

}  // namespace
}  // namespace czb
