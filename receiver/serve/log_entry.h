// SPDX-License-Identifier: MIT
// What the system's log keeps of each request: one line, and one more where the promise was broken.
#pragma once

#include <cstdint>
#include <string>

#include "receiver/options.h"

namespace czb::receiver {

struct LogEntry {
  std::string peer;         // the address that the request came from; empty: not by ssh
  std::string fingerprint;  // of the key; empty: not known
  std::string command;      // as the sender wrote it
  std::string outcome;      // "accepted, exit status 0", "refused: …"
  std::uint64_t bytes = 0;  // of a stream that came
};

// peer=… key=… root=… mode=… bytes=… outcome="…" command="…". One line; the command's at most 1000 bytes are visible.
std::string log_line(const LogEntry& entry, const Options& options);

// ALARM="…" peer=… key=… root=…: what was there before a receive is not as it was.
std::string alarm_line(const LogEntry& entry, const Options& options, const std::string& alarm);

// To syslog (daemon): info, or warning for anything but success. A host without one loses the line, never the request.
void write_log(const std::string& line, bool well);

// The same as critical.
void write_alarm(const std::string& line);

}  // namespace czb::receiver
