// SPDX-License-Identifier: MIT
#include "report/summary.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <vector>

#include "log/log.h"
#include "report/progress.h"

namespace czb {
namespace {

constexpr std::size_t most_problems_told = 6;

std::string counted(std::size_t count, const char* noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

// A tree of a thousand datasets can have a thousand like problems: the first few stand for them, unless
// --verbose asks for all.
void log_first(const std::string& prefix, const std::vector<std::string>& problems) {
  const std::size_t told = log_is_verbose() ? problems.size() : std::min(problems.size(), most_problems_told);
  for (std::size_t i = 0; i < told; ++i) log_error("{}: {}", prefix, problems[i]);
  if (told < problems.size())
    log_error("{}: and {} more like this (--verbose tells all)", prefix, problems.size() - told);
}

void log_notes(const std::string& prefix, const std::vector<std::string>& notes) {
  const std::size_t told = log_is_verbose() ? notes.size() : std::min(notes.size(), most_problems_told);
  for (std::size_t i = 0; i < told; ++i) log_info("{}: {}", prefix, notes[i]);
  if (told < notes.size()) log_info("{}: and {} more like this (--verbose tells all)", prefix, notes.size() - told);
}

void log_warnings(const std::string& prefix, const std::vector<std::string>& warnings) {
  const std::size_t told = log_is_verbose() ? warnings.size() : std::min(warnings.size(), most_problems_told);
  for (std::size_t i = 0; i < told; ++i) log_warning("{}: {}", prefix, warnings[i]);
  if (told < warnings.size())
    log_warning("{}: and {} more like this (--verbose tells all)", prefix, warnings.size() - told);
}

// What happened to single datasets. Why one failed or was kept back is among the errors and refusals already.
void log_outcomes(const std::string& prefix, const JobReport& report, const TargetReport& target) {
  for (const auto& [relative, outcome] : target.outcomes) {
    const std::string dataset = relative.empty() ? report.dataset : report.dataset + "/" + relative;
    const bool special = outcome.outcome == Outcome::resumed || outcome.outcome == Outcome::healed;
    const std::string line = fmt::format("{}: {} {}{}{}", prefix, dataset, to_string(outcome.outcome),
                                         special && !outcome.why.empty() ? ": " + outcome.why : "",
                                         outcome.bytes > 0 ? " (" + human_bytes(outcome.bytes) + ")" : "");
    if (special)
      log_info("{}", line);
    else
      log_verbose("{}", line);
  }
}

// "2 healed, 1 failed"; empty where nothing but the usual happened.
std::string unusual_outcomes(const TargetReport& target) {
  std::map<Outcome, std::size_t> counts;
  for (const auto& [relative, outcome] : target.outcomes) ++counts[outcome.outcome];
  std::string text;
  for (const Outcome outcome : {Outcome::resumed, Outcome::healed, Outcome::kept_back, Outcome::failed})
    if (counts[outcome] > 0)
      text += fmt::format("{}{} {}", text.empty() ? "" : ", ", counts[outcome], to_string(outcome));
  return text;
}

void log_problems(const std::string& prefix, const ActionReport& action) {
  for (const Judged& judged : action.verdicts)
    log_verbose("{}: {} {}: {}", prefix, judged.verdict.decision == Decision::keep ? "keeps" : "expires",
                judged.snapshot, judged.verdict.rule);
  for (const Spared& spared : action.spared) log_verbose("{}: {} stays: {}", prefix, spared.snapshot, spared.why);
  log_notes(prefix, action.notes);
  log_warnings(prefix, action.warnings);
  log_first(prefix + ": refused", action.refusals);
  log_first(prefix, action.errors);
}

// The last that is said, so that no line that sounds well stands below it.
void log_alarms(const JobReport& report) {
  for (const TargetReport& target : report.targets)
    for (const std::string& alarm : target.alarms)
      log_error("job {}, target {}: ALARM of the receiver on {}: {}", report.name, target.name, target.peer, alarm);
}

// Holds, clones and whoever uses it keep what the policy gives up for good: said even without --verbose.
std::string spared_by_zfs(const ActionReport& action) {
  std::string text;
  for (const Spared& spared : action.spared)
    if (is_kept_by_zfs(spared))
      text += fmt::format("{}{} ({})", text.empty() ? "; kept " : ", ", spared.snapshot, spared.why);
  return text;
}

}  // namespace

std::string job_line(const JobReport& report) {
  std::string text = "job " + report.name + ":";
  if (report.snapshot) {
    const bool taken = !report.snapshot_name.empty();
    text += taken ? " took " + report.dataset + "@" + report.snapshot_name : " took no snapshot";
  }
  if (report.expire)
    text += fmt::format("{} expired {}{}{}", report.snapshot ? ";" : "", counted(report.expired, "snapshot"),
                        spared_by_zfs(*report.expire),
                        report.expire->refusals.empty()
                            ? std::string()
                            : fmt::format(", refused for {}", counted(report.expire->refusals.size(), "dataset")));
  if (!report.snapshot && !report.expire) text += " pushed only";
  return text;
}

std::string target_line(const JobReport& report, const TargetReport& target) {
  std::string text = fmt::format("job {}, target {}: ", report.name, target.name);
  text += target.sent_bytes > 0
              ? fmt::format("sent {} in {}", human_bytes(target.sent_bytes), human_seconds(target.seconds))
              : std::string("sent nothing");
  if (const std::string unusual = unusual_outcomes(target); !unusual.empty())
    text += " (" + unusual + " of " + counted(target.outcomes.size(), "dataset") + ")";
  if (target.destroyed > 0) text += fmt::format(", deleted {}", counted(target.destroyed, "snapshot"));
  text += spared_by_zfs(target.push);
  if (!target.observed) return text + "; what it holds is not known";
  if (target.datasets == 0) return text + "; " + target.dataset + " is not there";
  text += fmt::format("; {} now holds {} of {}", target.dataset, counted(target.snapshots, "snapshot"),
                      counted(target.datasets, "dataset"));
  if (!target.newest.empty()) text += ", the newest @" + target.newest;
  const char* alarmed = target.alarms.empty() ? "" : "; its receiver raised an ALARM";
  if (!target.agrees) return text + ", NOT as the source" + alarmed;
  if (target.extras == 0) return text + ", the same as the source" + alarmed;
  text += fmt::format(", all of the source's and {} more", target.extras);
  return text + (allows_destroy(target.receiver) ? "" : ", which its receiver (append-only) keeps") + alarmed;
}

void log_summary(const JobReport& report) {
  const std::string job = "job " + report.name;
  log_problems(job, report.general);
  if (report.snapshot) log_problems(job + ", snapshot", *report.snapshot);
  if (report.expire) log_problems(job + ", expire", *report.expire);
  for (const TargetReport& target : report.targets) {
    log_outcomes(job + ", target " + target.name, report, target);
    log_problems(job + ", target " + target.name, target.push);
  }
  if (report.snapshot || report.expire) log_info("{}", job_line(report));
  for (const TargetReport& target : report.targets) log_info("{}", target_line(report, target));
  log_alarms(report);
}

}  // namespace czb
