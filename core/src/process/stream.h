// SPDX-License-Identifier: MIT
// Two commands, the first one's output pumped into the second one's input. Several at once: streams.h.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "error.h"
#include "process/command.h"
#include "process/rate_limit.h"

namespace czb {

struct StreamLimits {
  // How long no byte may move before the stream's end has reached the receiver; 0: for ever. What the
  // rate limit holds back does not count. A receiver may well need long for a few bytes.
  std::chrono::seconds idle_limit{0};
  // How long the receiver may work on after that; 0: for ever.
  std::chrono::seconds ending_limit{0};
  // A buffer in memory between the two, so that a sender and a receiver that come in bursts need not
  // wait for each other. 0: none, the data moves with splice(2) and never enters our memory.
  std::uint64_t buffer_bytes = 0;
  // May be shared with other streams, which then have the rate together; null: no limit.
  std::shared_ptr<RateLimit> rate;
};

// The transports must last as long as the stream.
struct StreamRequest {
  Transport* from = nullptr;
  std::vector<std::string> from_argv;
  Transport* to = nullptr;
  std::vector<std::string> to_argv;
  StreamLimits limits;
};

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
  Completed receiver;  // its err holds its standard output too
  std::uint64_t bytes = 0;
  double seconds = 0;
  bool stalled = false;              // a time limit was reached, and whatever still ran was ended
  std::optional<Error> not_started;  // a side could not be started, the other was ended: nothing else is set

  bool ok() const { return !not_started && !stalled && sender.ok() && receiver.ok(); }
};

// Runs `from`'s command and `to`'s command with the pump between them, until both have ended.
// - When one side ends early, the other is told by a closed pipe, then ended: nothing waits for ever
//   on a pipe whose other end is dead. What a side's descendants do after its end does not count.
// - When a limit is reached both are ended. One that cannot be, because it hangs in the kernel, is left
//   behind (Process::release).
// - After SIGINT, SIGTERM or SIGHUP both are ended, waited for, and Interrupted is thrown.
StreamResult stream(const StreamRequest& request, const ProgressFunction& progress);

}  // namespace czb
