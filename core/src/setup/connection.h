// SPDX-License-Identifier: MIT
// The end of setting up: does the receiver let us in, and is it the one that was asked for? No I/O.
#pragma once

#include <string>
#include <vector>

#include "error.h"
#include "process/command.h"
#include "setup/receiver_steps.h"

namespace czb::setup {

// What a restricted receiver answers with lines KEY<TAB>VALUE.
std::vector<std::string> report_command();

struct ConnectionVerdict {
  ExitCode code = ExitCode::ok;
  std::string text;         // sentences for a person
  bool setup_helps = true;  // what receiver_instructions tells, where it is not fine
};

// Of the answer to report_command().
ConnectionVerdict judge_connection(const Completed& answer, const ReceiverSetup& wanted);

}  // namespace czb::setup
