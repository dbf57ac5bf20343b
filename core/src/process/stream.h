// SPDX-License-Identifier: MIT
// Two commands, the first one's output pumped into the second one's input.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "process/command.h"

namespace czb {

struct StreamProgress {
  std::uint64_t bytes = 0;        // pumped so far
  double seconds = 0;             // since the start
  std::string_view sender_error;  // the sender's standard error so far, its first 64 KiB
  std::string_view sender_error_tail;
};

// Called about once a second and at the end, from the thread that runs the stream.
using ProgressFunction = std::function<void(const StreamProgress&)>;

struct StreamResult {
  Completed sender;
  Completed receiver;
  std::uint64_t bytes = 0;
  double seconds = 0;

  bool ok() const { return sender.ok() && receiver.ok(); }
};

// Runs `from`'s command and `to`'s command with the pump between them, until both have ended.
// - The data never enters our memory: pages move from pipe to pipe with splice(2).
// - When one side ends early, the other is told by a closed pipe, then ended: nothing waits for ever
//   on a pipe whose other end is dead.
// - After SIGINT, SIGTERM or SIGHUP both are ended, waited for, and Interrupted is thrown.
// Throws Error when a side could not be started; the other one is ended then.
StreamResult stream(Transport& from, const std::vector<std::string>& from_argv, Transport& to,
                    const std::vector<std::string>& to_argv, const ProgressFunction& progress);

}  // namespace czb
