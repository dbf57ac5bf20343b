// SPDX-License-Identifier: MIT
// Moves bytes from one pipe to another, without blocking.
#pragma once

#include <poll.h>

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>

#include "process/descriptor.h"
#include "process/rate_limit.h"
#include "process/ring_buffer.h"

namespace czb {

// Without a buffer pages move from pipe to pipe with splice(2), and never enter our memory. With one it
// reads whenever there is room and writes whenever the receiver takes; a limit slows the writing only.
//
// Each turn: begin_turn, then poll for input() and output(), then on_poll with what poll found.
class Pump {
 public:
  // The size that its pipes should have.
  static constexpr int pipe_bytes = 1024 * 1024;

  // `buffer_bytes`: 0 for none. `rate`: null for no limit. Throws Error when there is no memory.
  Pump(Descriptor from, Descriptor to, std::uint64_t buffer_bytes, std::shared_ptr<RateLimit> rate);

  // The receiver was told the end, or nobody reads any more: both pipes are closed.
  bool done() const { return !to_; }
  std::uint64_t bytes() const { return bytes_; }  // that the receiver's pipe took

  void begin_turn(SteadyClock::time_point now) { rate_.begin_turn(now); }
  // Whether nothing may go to the receiver in this turn, and the time when it may again.
  bool held_back() const { return rate_.allowance() == 0; }
  SteadyClock::time_point opens_at() const { return rate_.opens_at(); }

  pollfd input() const;
  pollfd output() const;  // room, or the reader's disappearance
  // Whether a byte moved: into the buffer, or to the receiver.
  bool on_poll(short input_events, short output_events);

  // The sender has ended. What is not in its pipe now never comes, even where some descendant of it
  // keeps the pipe open, or goes on writing to it.
  void sender_ended();

  void stop();

 private:
  bool splice_over();
  bool pass_through_buffer(bool readable);
  bool fill();
  bool drain();
  void find_out_what_is_missing();
  void took_input(ssize_t bytes);
  void end_of_input();

  static constexpr std::uint64_t unknown = std::numeric_limits<std::uint64_t>::max();

  Descriptor from_;
  Descriptor to_;
  std::optional<RingBuffer> buffer_;
  RateShare rate_;
  bool waits_for_room_ = false;
  std::uint64_t input_left_ = unknown;
  std::uint64_t bytes_ = 0;
};

}  // namespace czb
