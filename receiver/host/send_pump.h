// SPDX-License-Identifier: MIT
// Carries what zfs writes to whoever asked for it.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "receiver/host/client_words.h"
#include "receiver/host/zfs_process.h"
#include "zfs/commands.h"

namespace czb::receiver {

// Writes `head` and then all of `in`, which zfs send writes, to `out`, until `in` ends or nobody reads `out` any more.
// `bytes` counts what went, also when it throws. Throws Refused when less than 1 MiB is taken in `longest_wait` though
// there is some, and Interrupted after a signal.
void pump_sent(int in, int out, std::string_view head, std::chrono::seconds longest_wait, ZfsProcess& zfs,
               std::uint64_t& bytes);

// Runs a command whose output goes to `out`; it has no input. Throws Refused, and ends it, when less than 1 MiB of it
// is taken in `longest`, when it writes nothing for so long, or does not end: a client that does not read what it asked
// for would keep it for ever.
int pass_through(const std::string& file, const CommandLine& command, int out, ClientWords& words,
                 std::chrono::seconds longest = std::chrono::hours(1));

}  // namespace czb::receiver
