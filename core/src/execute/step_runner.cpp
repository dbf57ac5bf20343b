// SPDX-License-Identifier: MIT
#include "execute/step_runner.h"

#include <algorithm>
#include <deque>
#include <utility>

#include "log/log.h"
#include "plan/predict.h"
#include "plan/smaller_destroys.h"
#include "zfs/names.h"

namespace czb {
namespace {

// The full name of each snapshot that the step bookmarks.
std::vector<std::pair<std::string, std::string>> bookmarked_by(const RecordBase& step, const Inventory& source) {
  std::vector<std::pair<std::string, std::string>> all = step.own;
  for (const auto& [relative, dataset] : source.datasets)
    if (dataset.find_by_name(step.snapshot) != nullptr) all.emplace_back(source.full_name(relative), step.snapshot);
  return all;
}

// They are a second line of defence behind the snapshots: that one cannot be made is no failure of the push, but where
// somebody destroys the snapshot by hand there is nothing left to go on from.
void warn_of_missing_bookmarks(std::size_t count, const std::string& why, ActionReport& report) {
  report.warnings.push_back("no bookmark of what the target is to have was made in " + std::to_string(count) +
                            (count == 1 ? " dataset: " : " datasets: ") + why);
}

void bookmark_each(const RecordBase& step, Host& host, const Inventory& source, ActionReport& report) {
  std::size_t failed = 0;
  std::string why;
  for (const auto& [name, snapshot] : bookmarked_by(step, source)) {
    const Dataset* dataset = source.find(relative_name(name, source.root).value_or(""));
    const std::string bookmark = base_bookmark_prefix(step.target) + snapshot;
    const bool is_there =
        dataset != nullptr && std::any_of(dataset->bookmarks.begin(), dataset->bookmarks.end(),
                                          [&](const Bookmark& each) { return each.name == bookmark; });
    if (is_there) continue;
    try {
      host.run(bookmark_command(name, snapshot, bookmark));
    } catch (const Error& error) {
      if (error.code() == ExitCode::unreachable) throw;
      if (failed++ == 0) why = error.what();
    }
  }
  if (failed > 0) warn_of_missing_bookmarks(failed, why, report);
}

// The whole command is one word over ssh, and the kernel takes 128 KiB for one.
constexpr std::size_t longest_record = 64 * 1024;

// The same step as several: each names so many datasets of its own as one command can.
std::vector<RecordBase> in_commands(const RecordBase& step) {
  std::vector<RecordBase> steps{step};
  steps.back().own.clear();
  std::size_t length = 0;
  for (const auto& each : step.own) {
    length += each.first.size() + each.second.size() + 8;
    if (length > longest_record) {
      steps.push_back(step);
      steps.back().own.clear();
      length = 0;
    }
    steps.back().own.push_back(each);
  }
  return steps;
}

// So many times what a restricted receiver names is left out; it names several at once.
constexpr std::size_t most_refusals = 8;

void add_datasets_of(const DestroySnapshots& step, const Inventory& inventory, std::set<std::string>& names) {
  for (const auto& [relative, dataset] : inventory.datasets)
    if (relative == step.relative || (step.recursive && is_below(relative, step.relative))) names.insert(relative);
}

}  // namespace

void StepRunner::perform(const Step& step, Host& host, ActionReport& report) {
  if (const auto failure = failure_of(step, host, report)) throw failure->error;
}

std::optional<Host::Failure> StepRunner::failure_of(const Step& step, Host& host, ActionReport& report) {
  const CommandLine command = argv_of(step);
  report.steps.push_back({step, host.peer(), "", host.command_line(command)});
  if (dry_run_) return std::nullopt;
  log_verbose("{}", report.steps.back().command_line);
  return host.failure_of(command);
}

StreamRequest StepRunner::announce(const Step& step, Host& source, Host& target, const StreamLimits& limits,
                                   ActionReport& report) {
  StreamRequest request;
  request.from = &source.transport();
  request.from_argv = argv_of(step);
  request.to = &target.transport();
  request.to_argv = receiving_argv(step).value();
  request.limits = limits;
  report.steps.push_back({step, source.peer(), target.peer(),
                          source.command_line(request.from_argv) + " | " + target.command_line(request.to_argv)});
  if (!dry_run_) log_verbose("{}", report.steps.back().command_line);
  return request;
}

StepRunner::Destroyed StepRunner::perform_destroys(const std::vector<DestroySnapshots>& steps, Host& host,
                                                   Inventory& inventory, ActionReport& report) {
  Destroyed destroyed;
  std::size_t refusals = 0;
  std::deque<DestroySnapshots> left(steps.begin(), steps.end());
  while (!left.empty()) {
    const DestroySnapshots step = std::move(left.front());
    left.pop_front();
    try {
      const auto failure = failure_of(step, host, report);
      if (!failure) {
        predict(step, inventory);
        destroyed.count += step.count;
        continue;
      }
      SmallerDestroys smaller;
      if (failure->error.code() == ExitCode::failed) {
        smaller = smaller_destroys(step, inventory, failure->said);
        if (smaller.failed || (smaller.steps.empty() && smaller.spared.empty()))
          report.fail(ExitCode::failed, failure->error.what());
      } else {
        report.fail(failure->error.code(), failure->error.what());
        const bool refused = failure->error.code() == ExitCode::refused;
        if (refused && ++refusals <= most_refusals) smaller = without_refused(step, inventory, failure->said);
        destroyed.refused.merge(smaller.refused);
        if (refused && smaller.steps.empty()) add_datasets_of(step, inventory, destroyed.refused);
      }
      left.insert(left.begin(), smaller.steps.begin(), smaller.steps.end());
      for (std::vector<Spared>* each : {&destroyed.spared, &report.spared})
        each->insert(each->end(), smaller.spared.begin(), smaller.spared.end());
    } catch (const Error& error) {
      report.fail(error.code(), error.what());
    }
  }
  return destroyed;
}

bool StepRunner::destroy_all_or_none(const DestroySnapshots& step, Host& host, Inventory& inventory,
                                     ActionReport& report) {
  const auto failure = failure_of(step, host, report);
  if (!failure) {
    predict(step, inventory);
    return true;
  }
  const bool by_zfs = failure->error.code() == ExitCode::failed;
  const SmallerDestroys smaller = by_zfs ? smaller_destroys(step, inventory, failure->said) : SmallerDestroys();
  if (smaller.spared.empty() || smaller.failed) throw failure->error;
  report.spared.insert(report.spared.end(), smaller.spared.begin(), smaller.spared.end());
  return false;
}

void StepRunner::record(const RecordBase& step, Host& host, const Inventory& source, ActionReport& report) {
  try {
    for (const RecordBase& part : in_commands(step)) {
      const CommandLine program = argv_of(part);
      report.steps.push_back({part, host.peer(), "", host.command_line(program)});
      if (dry_run_) continue;
      log_verbose("{}", report.steps.back().command_line);
      host.run(program, record_base_program);
    }
  } catch (const Error& error) {
    if (error.code() == ExitCode::unreachable) throw;
    log_verbose("the base is bookmarked one dataset after the other, for zfs said: {}", error.what());
    host.run(set_property_command(step.root, step.property(), step.value()));
    if (bookmarked_.insert(step.root + " " + step.bookmark()).second) bookmark_each(step, host, source, report);
  }
  if (dry_run_) return;
  std::size_t too_long = 0;
  for (const auto& [name, snapshot] : bookmarked_by(step, source))
    if (full_name_error(name, base_bookmark_prefix(step.target) + snapshot)) ++too_long;
  if (too_long > 0) warn_of_missing_bookmarks(too_long, "its name would be longer than ZFS allows", report);
}

}  // namespace czb
