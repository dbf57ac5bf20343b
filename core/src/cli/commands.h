// SPDX-License-Identifier: MIT
// The table of commands. It makes the help, and main looks up here what to do.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "cli/command_line.h"
#include "error.h"

namespace czb {

struct Command {
  std::vector<std::string> words;  // {"config", "check"}; empty: the default
  const char* summary;             // one line
  std::set<OptionGroup> groups;
  ExitCode (*run)(const Arguments& arguments);
  const char* operand = nullptr;  // the name of the one word that it takes beside options, for the help; null: none
};

const std::vector<Command>& commands();

// The commands' bodies, one file each.
ExitCode command_run(const Arguments& arguments);
ExitCode command_plan(const Arguments& arguments);
ExitCode command_doctor(const Arguments& arguments);
ExitCode command_plugins(const Arguments& arguments);
ExitCode command_plugins_describe(const Arguments& arguments);
ExitCode command_plugins_test(const Arguments& arguments);
ExitCode command_config_check(const Arguments& arguments);
ExitCode command_config_show(const Arguments& arguments);
ExitCode command_setup(const Arguments& arguments);

// The whole help, or that of one command.
std::string general_help();
std::string command_help(const Command& command);

// What main does: finds the command, parses, runs, and turns what is thrown into a message and an exit
// status.
int run_program(const std::vector<std::string>& words);

}  // namespace czb
