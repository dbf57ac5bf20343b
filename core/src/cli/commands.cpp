// SPDX-License-Identifier: MIT
#include "cli/commands.h"

#include <fmt/core.h>

#include <algorithm>
#include <exception>

#include "cli/say.h"
#include "log/log.h"
#include "plugin/plugin_call.h"
#include "process/interrupt.h"

namespace czb {
namespace {

using enum OptionGroup;

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

// The command whose words the line begins with; the default when it begins with an option or nothing.
const Command& find_command(const std::vector<std::string>& words) {
  const Command* best = nullptr;
  for (const Command& command : commands())
    if (command.words.size() <= words.size() && std::equal(command.words.begin(), command.words.end(), words.begin()) &&
        (best == nullptr || command.words.size() > best->words.size()))
      best = &command;
  if (best->words.empty() && !words.empty() && words.front().rfind('-', 0) != 0) {
    std::string known;
    for (const Command& command : commands())
      if (!command.words.empty()) known += (known.empty() ? "" : ", ") + joined(command.words);
    throw Error(ExitCode::usage, "there is no command '" + words.front() + "'; there are: " + known +
                                     ", and no command at all for a run. See cyber-zfs-backup --help.");
  }
  return *best;
}

int run_command(const std::vector<std::string>& words) {
  const Command& command = find_command(words);
  const std::vector<std::string> rest(words.begin() + static_cast<std::ptrdiff_t>(command.words.size()), words.end());
  const Arguments arguments = parse_arguments(rest, command.groups, command.operand);
  if (arguments.version) {
    say(std::string("cyber-zfs-backup ") + CZB_VERSION + "\n");
    return 0;
  }
  if (arguments.help) {
    say(command.words.empty() ? general_help() : command_help(command));
    return 0;
  }
  set_up_log(arguments.log_level, arguments.log_format);
  return static_cast<int>(command.run(arguments));
}

}  // namespace

const std::vector<Command>& commands() {
  static const std::vector<Command> table = {
      {{}, "snapshot, expire and push", {run, configuration, plugins, json, general}, command_run},
      {{"plan"},
       "print what a run would do (the same as --dry-run)",
       {run, configuration, plugins, json, general},
       command_plan},
      {{"doctor"},
       "check each job and target, change nothing, and say what to do where something is wrong",
       {configuration, plugins, json, general},
       command_doctor},
      {{"plugins"},
       "list the plugins with their options, and those refused with the reason",
       {plugins, json, general},
       command_plugins},
      {{"plugins", "describe"},
       "say all that a plugin tells of itself: its options, their types and defaults",
       {plugins, json, general},
       command_plugins_describe,
       "ID"},
      {{"plugins", "test"},
       "check that a plugin's file keeps what its kind's interface promises",
       {conformance, json, general},
       command_plugins_test,
       "FILE"},
      {{"config", "check"},
       "check the configuration and touch nothing",
       {configuration, plugins, general},
       command_config_check},
      {{"config", "show"},
       "print the effective configuration as YAML",
       {configuration, plugins, general},
       command_config_show},
      {{"setup"},
       "make the key, the ssh configuration and the known host key; say what the receiver needs",
       {setup, configuration, plugins, general},
       command_setup},
  };
  return table;
}

std::string command_help(const Command& command) {
  const std::string words = joined(command.words);
  return fmt::format("Usage: cyber-zfs-backup{}{}{}{} [OPTION…]\n\n{}.\n\n{}", words.empty() ? "" : " ", words,
                     command.operand == nullptr ? "" : " ", command.operand == nullptr ? "" : command.operand,
                     command.summary, options_help(command.groups));
}

std::string general_help() {
  std::string text =
      "Usage: cyber-zfs-backup [COMMAND] [OPTION…]\n\n"
      "Takes recursive ZFS snapshots named by time, expires them by a policy, and pushes them to another host so\n"
      "that the backup holds exactly the snapshots that the source holds.\n\nCommands:\n";
  std::size_t widest = 0;
  for (const Command& command : commands()) widest = std::max(widest, joined(command.words).size());
  for (const Command& command : commands())
    text += fmt::format("  {:<{}}  {}\n", command.words.empty() ? "(none)" : joined(command.words), widest,
                        command.summary);
  text += "\n" + options_help(commands().front().groups);
  text +=
      "\nExit status: 0 all well; 1 something failed; 2 wrong options, configuration, plugin or dataset: that job "
      "touched nothing;\n"
      "3 needs a person: nothing in common with the target, it diverged, or each try would fail alike; 4 a target "
      "could not\n"
      "be reached, or its pool is not imported; 5 a guard refused; 6 another run is in progress; 128+N ended by signal "
      "N.\n"
      "\n`cyber-zfs-backup COMMAND --help` says more. man cyber-zfs-backup says all.\n";
  return text;
}

int run_program(const std::vector<std::string>& words) {
  set_up_log(LogLevel::normal, LogFormat::text);
  catch_interrupts();
  name_plugins_that_throw();
  try {
    return run_command(words);
  } catch (const Interrupted& interrupted) {
    log_error("ended by signal {}. Nothing is lost: the next run looks at what is there and goes on.",
              interrupted.signal());
    return 128 + interrupted.signal();
  } catch (const Error& error) {
    log_error("{}", error.what());
    return static_cast<int>(error.code());
  } catch (const std::exception& error) {
    log_error("{} (this is a defect of cyber-zfs-backup: please report it)", error.what());
    return static_cast<int>(ExitCode::failed);
  }
}

}  // namespace czb
