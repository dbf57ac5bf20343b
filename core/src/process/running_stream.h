// SPDX-License-Identifier: MIT
// One stream while it runs: its sender, its receiver, the pump between them, and when to end what.
#pragma once

#include <poll.h>

#include <cstddef>
#include <optional>
#include <vector>

#include "process/deadline.h"
#include "process/pump.h"
#include "process/stream.h"
#include "process/stream_end.h"

namespace czb {

// Each turn: begin_turn, then poll at the latest until deadline(), then take_turn with what poll found;
// until over(). When it is destroyed before, both sides are killed and waited for.
class RunningStream {
 public:
  // How many descriptors it adds for poll.
  static constexpr std::size_t descriptors = 6;

  // Starts both sides. Throws Error when one cannot be started, the other having been ended.
  explicit RunningStream(const StreamRequest& request);

  void begin_turn(std::vector<pollfd>& polled, SteadyClock::time_point now);
  SteadyClock::time_point deadline() const;
  // `polled`: its own. `stop`: end it.
  void take_turn(const pollfd* polled, SteadyClock::time_point now, bool stop);
  bool over() const;

  // The last words of both; once, when it is over.
  void finish();
  StreamProgress progress(SteadyClock::time_point now) const;
  StreamResult result() const;

 private:
  RunningStream(const StreamRequest& request, Pipe sent, Pipe received);

  void look_for_a_stall(SteadyClock::time_point now, bool could_move);
  SteadyClock::time_point stall_deadline() const;
  void end_what_is_left_over(SteadyClock::time_point now, bool stop);
  std::optional<std::chrono::seconds> grace(bool stop) const;

  const StreamLimits limits_;
  SteadyClock::time_point started_ = SteadyClock::now();
  StreamEnd receiver_;  // started first: if it cannot be reached, nothing is sent
  StreamEnd sender_;
  Pump pump_;
  SteadyClock::time_point moved_at_ = SteadyClock::now();  // when the last byte moved
  std::optional<SteadyClock::time_point> delivered_at_;    // the end
  bool stalled_ = false;
  std::optional<SteadyClock::time_point> ending_since_;
  SteadyClock::time_point end_at_ = never;  // when to ask what still runs to end
  int asked_to_end_ = 0;
  bool given_up_ = false;
  double seconds_ = 0;
};

}  // namespace czb
