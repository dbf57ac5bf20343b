// SPDX-License-Identifier: MIT
// Messages for people and machines, on standard error, through spdlog.
#pragma once

#include <spdlog/spdlog.h>

#include <string>

namespace czb {

enum class LogLevel { quiet, normal, verbose, debug };
enum class LogFormat { text, json };

// Sets up the log once. In the journal (JOURNAL_STREAM names our standard error) lines have a
// priority <N> and no time; on a terminal and elsewhere a time; as JSON one object a line:
// {"time", "level", "message"}.
void set_up_log(LogLevel level, LogFormat format);

// Whether a progress line may be redrawn: standard error is a terminal, the format is text and the
// level at least normal.
bool log_is_interactive();

// Whether verbose messages are shown.
inline bool log_is_verbose() { return spdlog::should_log(spdlog::level::debug); }

// Levels: error and warning always; info from normal; verbose from verbose; debug from debug.
template <class... Args>
void log_error(spdlog::format_string_t<Args...> format, Args&&... args) {
  spdlog::error(format, std::forward<Args>(args)...);
}
template <class... Args>
void log_warning(spdlog::format_string_t<Args...> format, Args&&... args) {
  spdlog::warn(format, std::forward<Args>(args)...);
}
template <class... Args>
void log_info(spdlog::format_string_t<Args...> format, Args&&... args) {
  spdlog::info(format, std::forward<Args>(args)...);
}
template <class... Args>
void log_verbose(spdlog::format_string_t<Args...> format, Args&&... args) {
  spdlog::debug(format, std::forward<Args>(args)...);
}
template <class... Args>
void log_debug(spdlog::format_string_t<Args...> format, Args&&... args) {
  spdlog::trace(format, std::forward<Args>(args)...);
}

}  // namespace czb
