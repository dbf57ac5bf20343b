// SPDX-License-Identifier: MIT
// A bound for the memory of this program, so that nothing a client sends can take the host's.
#pragma once

#include <sys/types.h>

namespace czb::receiver {

// Enough for the listings and headers of a pool with more than a million snapshots.
inline constexpr unsigned long long most_memory = 1ULL << 30;

// What to say where it was not enough.
inline constexpr char needs_more_memory[] =
    "this needs more memory than the 1 GiB that the receiver may have. Are there more than a million snapshots?";

// From now on this program may have so much address space (RLIMIT_AS). What it starts begins with the same limit. Not
// in a build with AddressSanitizer, which needs terabytes.
void limit_own_memory();

// Gives a child back what this program was allowed before.
void restore_memory_of(pid_t child);

}  // namespace czb::receiver
