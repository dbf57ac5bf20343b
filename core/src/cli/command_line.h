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

struct Arguments {
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
};

// Which groups of options a command takes.
enum class OptionGroup { general, plugins, json, configuration, run };

// Parses what follows the command's words. Throws Error (usage) that names the option.
Arguments parse_arguments(const std::vector<std::string>& words, const std::set<OptionGroup>& groups);

// The groups' options, for --help.
std::string options_help(const std::set<OptionGroup>& groups);

}  // namespace czb
