// SPDX-License-Identifier: MIT
// Questions: commands that only look, here and at the far end, each with a time limit.
#pragma once

#include <chrono>
#include <string>

#include "cyber-zfs-backup/transport.h"
#include "process/command.h"
#include "zfs/commands.h"

namespace czb::doctor {

// For what is answered at once where all is well.
inline constexpr std::chrono::seconds short_question{60};

// How the command ended, and what it said. One that could not be started (there is no such program) ends as a shell
// would tell it: with exit status 127 and the reason on standard error. Throws Error (unreachable) where the connection
// could not be made or was lost, and Interrupted.
Completed ask(Transport& transport, const CommandLine& question, std::chrono::seconds limit = short_question);

// Why there is no answer, for a sentence: what the command wrote to its standard error, as one line; else how it ended.
std::string reason_of(const Completed& completed);

// Its standard output without the newline at the end.
std::string answer_of(const Completed& completed);

}  // namespace czb::doctor
