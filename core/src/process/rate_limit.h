// SPDX-License-Identifier: MIT
// How many bytes per second all streams to one place may move together.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>

#include "process/deadline.h"

namespace czb {

// A token bucket. Time fills it: at most a quarter of a second's bytes, or 64 KiB if that is more, and
// it is empty at first. It opens once it holds 1/16 of a second's bytes, so that what waits for it
// wakes 16 times a second and not for each byte; then it is divided evenly among those who share it.
class RateLimit {
 public:
  // 0: no limit.
  explicit RateLimit(std::uint64_t bytes_per_second);

 private:
  friend class RateShare;

  // Fills the bucket up to `now` and divides it. Again with the same `now` it does nothing.
  void begin_turn(SteadyClock::time_point now);
  SteadyClock::time_point opens_at() const;

  double rate_;
  double level_ = 0;
  SteadyClock::time_point filled_at_ = SteadyClock::now();
  std::size_t sharers_ = 0;
  std::size_t share_ = 0;  // what each of them may move in this turn; 0: it is not open
};

// One stream's part in a limit; without a limit it is never held back.
class RateShare {
 public:
  // `limit`: may be null.
  explicit RateShare(std::shared_ptr<RateLimit> limit);
  ~RateShare();
  RateShare(const RateShare&) = delete;
  RateShare& operator=(const RateShare&) = delete;

  // A turn is what happens between two waits: all who share a limit get the same allowance in it.
  void begin_turn(SteadyClock::time_point now);
  std::size_t allowance() const { return left_; }  // what is left of it, in bytes
  void spend(std::size_t bytes);

  // When there will be an allowance again. Only with an allowance of 0.
  SteadyClock::time_point opens_at() const { return limit_->opens_at(); }

 private:
  std::shared_ptr<RateLimit> limit_;
  std::size_t left_ = std::numeric_limits<std::size_t>::max();
};

}  // namespace czb
