// SPDX-License-Identifier: MIT
// Several streams at once, in one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "process/stream.h"

namespace czb {

struct StreamTask {
  std::size_t id = 0;  // the feed's own: it comes back with the result
  StreamRequest request;
};

// The views are valid during the call.
struct StreamsProgress {
  struct Running {
    std::size_t id;
    StreamProgress progress;
  };
  std::vector<Running> running;   // in the order in which they were started
  std::uint64_t ended_bytes = 0;  // of all streams that have ended
};

// Says what to run next, and learns what came of it. All streams stand still during a call, so each
// should be short. What it throws comes out of run_streams, when all that runs has been killed.
class StreamFeed {
 public:
  virtual ~StreamFeed() = default;

  // Nothing: none can start before another has ended. Asked again after each end; when there is nothing
  // and none runs, run_streams returns.
  virtual std::optional<StreamTask> next() = 0;

  // Once for each that was given, unless a signal came; also for one that could not be started.
  virtual void ended(std::size_t id, StreamResult result) = 0;

  // About once a second; and when a stream is about to be told to have ended, with its last figures.
  virtual void progress(const StreamsProgress& progress);

 protected:
  StreamFeed() = default;
  StreamFeed(const StreamFeed&) = default;
  StreamFeed& operator=(const StreamFeed&) = default;
};

// Runs the feed's streams, at most `limit` (at least one) at a time, each as stream.h promises: one
// that fails, stalls or cannot be started does no harm to the others. While a transport starts a
// command, the others stand still.
// After SIGINT, SIGTERM or SIGHUP all are ended and waited for, and Interrupted is thrown; the feed is
// not called any more.
void run_streams(unsigned limit, StreamFeed& feed);

}  // namespace czb
