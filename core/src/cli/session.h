// SPDX-License-Identifier: MIT
// What every command that reads the configuration begins with.
#pragma once

#include <memory>
#include <string>

#include "cli/command_line.h"
#include "config/config.h"
#include "execute/run_folder.h"
#include "plugin/registry.h"

namespace czb {

// The file that --config names; or the default one where it exists; or the job that the seed options
// describe. Only the jobs that --job names. Throws Error (usage), also where others could change the file, or an ssh
// configuration that it names.
Config effective_config(const Arguments& arguments);

// --plugin-dir, or the folder that belongs to this program, found relative to its own real path.
std::string plugin_directory(const Arguments& arguments);

// Loads each plugin that the configuration names, checks its options, and lets it refuse them; so
// whatever is wrong comes out before anything is touched. Throws Error (usage).
void check_plugins(const Config& config, PluginRegistry& plugins);

}  // namespace czb
