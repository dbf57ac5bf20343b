// SPDX-License-Identifier: MIT
// What a run does with a job.
#pragma once

#include <set>

namespace czb {

enum class Action { snapshot, expire, push };

inline std::set<Action> all_actions() { return {Action::snapshot, Action::expire, Action::push}; }

}  // namespace czb
