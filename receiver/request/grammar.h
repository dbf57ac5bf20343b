// SPDX-License-Identifier: MIT
// The inverse of what the ssh plugin writes (plugins/transport-ssh/remote_command.h): one line → the words of a
// command. No shell reads the line, here or later.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "zfs/commands.h"

namespace czb::receiver {

// What an environment variable can hold on Linux (MAX_ARG_STRLEN).
inline constexpr std::size_t longest_command = 128 * 1024;

// The words of `line`: remote_prefix byte for byte, `sudo -n ` or nothing, then words as shell_quote writes them.
// Throws Refused for anything else, also for another way to write the same words: what is accepted, shell_quote_command
// would write again byte for byte.
CommandLine parse_command(std::string_view line);

}  // namespace czb::receiver
