// SPDX-License-Identifier: MIT
#include "execute/step_runner.h"

#include <algorithm>

#include "log/log.h"
#include "plan/predict.h"

namespace czb {
namespace {

// They are a second line of defence behind the snapshots: that one cannot be made is no failure of the push.
void bookmark_each(const RecordBase& step, Host& host, const Inventory& source) {
  const std::string name = step.bookmark();
  for (const auto& [relative, dataset] : source.datasets) {
    const bool is_there = std::any_of(dataset.bookmarks.begin(), dataset.bookmarks.end(),
                                      [&](const Bookmark& bookmark) { return bookmark.name == name; });
    if (is_there || dataset.find_by_name(step.snapshot) == nullptr) continue;
    try {
      host.run(bookmark_command(source.full_name(relative), step.snapshot, name));
    } catch (const Error& error) {
      if (error.code() == ExitCode::unreachable) throw;
      log_verbose("no bookmark of the base was made: {}", error.what());
    }
  }
}

}  // namespace

void StepRunner::perform(const Step& step, Host& host, ActionReport& report) {
  const CommandLine command = argv_of(step);
  report.steps.push_back({step, host.peer(), "", host.command_line(command)});
  if (dry_run_) return;
  log_verbose("{}", report.steps.back().command_line);
  host.run(command);
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
  for (const DestroySnapshots& step : steps) {
    try {
      perform(step, host, report);
      predict(step, inventory);
      destroyed.count += step.count;
    } catch (const Error& error) {
      report.fail(error.code(), error.what());
      if (error.code() != ExitCode::refused) continue;
      for (const auto& [relative, dataset] : inventory.datasets)
        if (relative == step.relative || (step.recursive && is_below(relative, step.relative)))
          destroyed.refused.insert(relative);
    }
  }
  return destroyed;
}

void StepRunner::record(const RecordBase& step, Host& host, const Inventory& source, ActionReport& report) {
  const CommandLine program = argv_of(step);
  report.steps.push_back({step, host.peer(), "", host.command_line(program)});
  if (dry_run_) return;
  log_verbose("{}", report.steps.back().command_line);
  try {
    host.run(program, record_base_program);
  } catch (const Error& error) {
    if (error.code() == ExitCode::unreachable) throw;
    log_verbose("the base is bookmarked one dataset after the other, for zfs said: {}", error.what());
    host.run(set_property_command(step.root, step.property(), step.value()));
    if (bookmarked_.insert(step.root + " " + step.bookmark()).second) bookmark_each(step, host, source);
  }
}

}  // namespace czb
