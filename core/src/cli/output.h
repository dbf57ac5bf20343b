// SPDX-License-Identifier: MIT
// What a command has to say, on the standard output.
#pragma once

#include <fmt/core.h>

#include <string_view>
#include <utility>

namespace czb {

// Writes and flushes all of it. Throws Error (failed) where that cannot be done: a full disk, a reader that went away.
// So a report that is not there is no success.
void write_output(std::string_view text);

template <typename... Arguments>
void print_output(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
  write_output(fmt::format(format, std::forward<Arguments>(arguments)...));
}

}  // namespace czb
