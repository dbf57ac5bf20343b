// SPDX-License-Identifier: MIT
// Carries what zfs send writes to whoever asked for it.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

namespace czb::receiver {

// Writes `head` and then all of `in` to `out`, until `in` ends or nobody reads `out` any more. `bytes` counts what
// went, also when it throws. Throws Refused when less than 1 MiB is taken in `longest_wait` though there is some, and
// Interrupted after a signal.
void pump_sent(int in, int out, std::string_view head, std::chrono::seconds longest_wait, std::uint64_t& bytes);

}  // namespace czb::receiver
