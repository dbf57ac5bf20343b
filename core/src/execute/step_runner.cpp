// SPDX-License-Identifier: MIT
#include "execute/step_runner.h"

#include "log/log.h"
#include "plan/predict.h"
#include "zfs/failure.h"

namespace czb {

void StepRunner::perform(const Step& step, Host& host, ActionReport& report) {
  const CommandLine command = argv_of(step);
  report.steps.push_back({step, host.peer(), "", host.command_line(command)});
  if (dry_run_) return;
  log_verbose("{}", report.steps.back().command_line);
  host.run(command);
}

StreamResult StepRunner::perform(const SendTree& step, Host& source, Host& target, const ProgressFunction& progress,
                                 ActionReport& report) {
  const CommandLine sending = argv_of(step);
  const CommandLine receiving = receiving_argv(step);
  report.steps.push_back(
      {step, source.peer(), target.peer(), source.command_line(sending) + " | " + target.command_line(receiving)});
  if (dry_run_) return {};
  log_verbose("{}", report.steps.back().command_line);
  StreamResult result = stream({&source.transport(), sending, &target.transport(), receiving, {}}, progress);
  if (result.not_started) throw Error(*result.not_started);
  return result;
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

}  // namespace czb
