// SPDX-License-Identifier: MIT
#include "receiver/serve/log_entry.h"

#include <syslog.h>

#include <cstring>

#include "receiver/answer.h"

namespace czb::receiver {
namespace {

constexpr std::size_t longest_command_shown = 1000;
constexpr std::size_t longest_outcome = 500;
constexpr std::size_t longest_alarm = 2000;

// What is told apart by quotes has none inside.
std::string quoted(const std::string& text, std::size_t longest) {
  std::string shown = visible(text, longest);
  for (char& c : shown)
    if (c == '"') c = '\'';
  return '"' + shown + '"';
}

std::string or_dash(const std::string& text) { return text.empty() ? "-" : visible(text, 100); }

std::string who(const LogEntry& entry, const Options& options) {
  return "peer=" + or_dash(entry.peer) + " key=" + or_dash(entry.fingerprint) + " root=" + or_dash(options.root);
}

void write(const std::string& line, int priority) {
  openlog(program_name.data(), LOG_PID, LOG_DAEMON);
  syslog(priority, "%s", line.c_str());
  closelog();
}

}  // namespace

std::string log_line(const LogEntry& entry, const Options& options) {
  return who(entry, options) + " mode=" + to_string(options.mode) + " bytes=" + std::to_string(entry.bytes) +
         " outcome=" + quoted(entry.outcome, longest_outcome) +
         " command=" + quoted(entry.command, longest_command_shown);
}

std::string alarm_line(const LogEntry& entry, const Options& options, const std::string& alarm) {
  return "ALARM=" + quoted(alarm, longest_alarm) + " " + who(entry, options);
}

void write_log(const std::string& line, bool well) { write(line, well ? LOG_INFO : LOG_WARNING); }

void write_alarm(const std::string& line) { write(line, LOG_CRIT); }

}  // namespace czb::receiver
