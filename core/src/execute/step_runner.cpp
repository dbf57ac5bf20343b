// SPDX-License-Identifier: MIT
#include "execute/step_runner.h"

#include "log/log.h"
#include "plan/predict.h"

namespace czb {

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

std::size_t StepRunner::perform_destroys(const std::vector<DestroySnapshots>& steps, Host& host, Inventory& inventory,
                                         ActionReport& report) {
  std::size_t gone = 0;
  for (const DestroySnapshots& step : steps) {
    try {
      perform(step, host, report);
      predict(step, inventory);
      gone += step.count;
    } catch (const Error& error) {
      report.fail(error.code(), error.what());
    }
  }
  return gone;
}

void StepRunner::record(const RecordBase& step, Host& host, ActionReport& report) {
  const CommandLine program = argv_of(step);
  report.steps.push_back({step, host.peer(), "", host.command_line(program)});
  if (dry_run_) return;
  log_verbose("{}", report.steps.back().command_line);
  try {
    host.run(program, record_base_program);
  } catch (const Error& error) {
    if (error.code() == ExitCode::unreachable) throw;
    log_verbose("no bookmarks of the base were made: {}", error.what());
    host.run(set_property_command(step.root, step.property(), step.value()));
  }
}

}  // namespace czb
