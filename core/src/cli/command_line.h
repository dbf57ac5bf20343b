// SPDX-License-Identifier: MIT
// The command line as values, parsed with Boost.Program_options.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "config/seed.h"
#include "execute/run_job.h"
#include "log/log.h"

namespace czb {

// What `plugins test` is told of the plugin.
struct ConformanceArguments {
  std::vector<std::string> options;  // NAME=VALUE each
  std::optional<unsigned> cycles;
};

// What `setup` is told. What is absent has a default (setup/sender_steps.h).
struct SetupArguments {
  std::optional<std::string> key;
  std::optional<std::string> known_hosts;
  std::optional<std::string> root;
  std::optional<std::string> mode;
  std::optional<std::string> quota;
  std::optional<std::string> host_name;
  std::optional<std::string> port;
  std::optional<std::string> receiver_user;
  std::optional<std::string> receiver_program;
  std::vector<std::string> accepted_host_keys;
  bool encrypted = false;
  bool yes = false;
};

struct Arguments {
  std::string operand;  // of a command that takes one: `plugins describe ID`
  bool help = false;
  bool version = false;
  bool json = false;
  LogLevel log_level = LogLevel::normal;
  LogFormat log_format = LogFormat::text;
  std::optional<std::string> config_file;
  std::vector<std::string> jobs;  // names; empty: all
  std::optional<std::string> plugin_dir;
  SeedOptions seed;
  RunOptions run;
  ConformanceArguments conformance;
  SetupArguments setup;
};

// Which groups of options a command takes.
enum class OptionGroup { general, plugins, json, configuration, run, conformance, setup };

// Parses what follows the command's words: options, and one operand where the command takes one (`operand`, its name;
// null: none). Throws Error (usage) that names the option.
Arguments parse_arguments(const std::vector<std::string>& words, const std::set<OptionGroup>& groups,
                          const char* operand = nullptr);

// The groups' options, for --help.
std::string options_help(const std::set<OptionGroup>& groups);

}  // namespace czb
