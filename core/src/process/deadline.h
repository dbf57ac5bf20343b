// SPDX-License-Identifier: MIT
// Points in time that poll(2) is to return at.
#pragma once

#include <algorithm>
#include <chrono>

namespace czb {

// Does not jump when somebody sets the time.
using SteadyClock = std::chrono::steady_clock;

inline constexpr SteadyClock::time_point never = SteadyClock::time_point::max();

// poll's timeout in milliseconds, rounded up: it does not return before `until`. -1 for `never`; at most a minute.
inline int poll_timeout(SteadyClock::time_point now, SteadyClock::time_point until) {
  if (until == never) return -1;
  const SteadyClock::duration left =
      std::clamp<SteadyClock::duration>(until - now, SteadyClock::duration::zero(), std::chrono::minutes(1));
  return static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(left).count());
}

}  // namespace czb
