// SPDX-License-Identifier: MIT
// Messages for people and machines, on standard error, through spdlog: the one door for them. What a terminal would
// obey or could not show is escaped on the way (printable, text/visible.h).
#pragma once

// Not spdlog's headers, nor more of fmt's: whatever includes them compiles all of its formatting, some 4 s of a file.
#include <fmt/core.h>

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

// Levels: error and warning always; info from normal; verbose from verbose; debug from debug.
enum class LogLine { error, warning, info, verbose, debug };

// Whether lines of this level are shown.
bool log_shows(LogLine line);
inline bool log_is_verbose() { return log_shows(LogLine::verbose); }

// One entry, formatted only where it is shown.
void log_formatted(LogLine line, fmt::string_view format, fmt::format_args args);

template <class... Args>
void log_error(fmt::format_string<Args...> format, Args&&... args) {
  log_formatted(LogLine::error, format, fmt::make_format_args(args...));
}
template <class... Args>
void log_warning(fmt::format_string<Args...> format, Args&&... args) {
  log_formatted(LogLine::warning, format, fmt::make_format_args(args...));
}
template <class... Args>
void log_info(fmt::format_string<Args...> format, Args&&... args) {
  log_formatted(LogLine::info, format, fmt::make_format_args(args...));
}
template <class... Args>
void log_verbose(fmt::format_string<Args...> format, Args&&... args) {
  log_formatted(LogLine::verbose, format, fmt::make_format_args(args...));
}
template <class... Args>
void log_debug(fmt::format_string<Args...> format, Args&&... args) {
  log_formatted(LogLine::debug, format, fmt::make_format_args(args...));
}

}  // namespace czb
