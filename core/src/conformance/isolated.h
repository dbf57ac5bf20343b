// SPDX-License-Identifier: MIT
// A function that may crash, hang or leave processes behind, run where that does no harm.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <vector>

#include "conformance/check.h"

namespace czb::conformance {

// What `body` returned in a forked process, or how that one ended instead: Outcome::failed. After `limit` it and all
// that it started are killed; what it leaves behind is killed too. Throws Error (failed) without a process,
// Interrupted.
//
// Between the caller and that process stands a keeper, which orphans come to (PR_SET_CHILD_SUBREAPER) and which reaps
// them: so what daemonised itself can still be found.
Result run_isolated(const std::function<Result()>& body, std::chrono::seconds limit);

// In `body`: the children of this process, zombies included, and the orphans that are alive. NotApplicable where the
// kernel does not tell.
std::vector<pid_t> processes_left();

}  // namespace czb::conformance
