// SPDX-License-Identifier: MIT
#include "receiver/setup/setup_command.h"

#include <unistd.h>

#include <cstdio>

#include "error.h"
#include "process/standard_output.h"
#include "receiver/answer.h"
#include "receiver/setup/setup_observe.h"
#include "receiver/setup/setup_options.h"
#include "setup/execute.h"

namespace czb::receiver {
namespace {

void say(const std::string& text) { write_standard_output(text); }

bool has_actions(const setup::Plan& plan) {
  for (const setup::Step& step : plan.steps)
    if (!step.actions.empty()) return true;
  return false;
}

void tell_notes(const setup::Plan& plan) {
  for (const std::string& note : plan.notes) say("\nnote: " + note + "\n");
}

int refuse(const std::vector<std::string>& reasons) {
  for (const std::string& reason : reasons)
    std::fprintf(stderr, "%s: refused: %s\n", program_name.data(), reason.c_str());
  return receiver_refused_status;
}

int tell(const setup::Plan& plan) {
  for (const setup::Step& step : plan.steps) say(as_text(step));
  tell_notes(plan);
  if (!plan.refusals.empty()) return refuse(plan.refusals);
  if (has_actions(plan)) say("\nNothing was changed. With --apply, as root, it is done.\n");
  return exit_ok;
}

int apply(const SetupOptions& options, const setup::Plan& plan) {
  if (geteuid() != 0) return refuse({"--apply is for root"});
  if (!plan.refusals.empty()) return refuse(plan.refusals);
  setup::execute(plan, say);
  // Done is what is there.
  const setup::Plan after = plan_receiver(options.wanted, observe_receiver(options.wanted, options.zfs));
  tell_notes(after);
  if (!has_actions(after) && after.refusals.empty()) return exit_ok;
  for (const setup::Step& step : after.steps)
    if (!step.actions.empty()) std::fputs(as_text(step).c_str(), stderr);
  refuse(after.refusals);
  throw Error(ExitCode::failed, "all steps were done, and yet this is not as it should be");
}

}  // namespace

int receiver_setup(const std::vector<std::string>& words) {
  const SetupOptions options = parse_setup_options(words);
  if (options.help) {
    say(setup_help_text());
    return exit_ok;
  }
  const setup::Plan plan = plan_receiver(options.wanted, observe_receiver(options.wanted, options.zfs));
  return options.apply ? apply(options, plan) : tell(plan);
}

}  // namespace czb::receiver
