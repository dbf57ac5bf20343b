// SPDX-License-Identifier: MIT
// What a run does with a job.
#pragma once

#include <map>
#include <set>
#include <string_view>

namespace czb {

enum class Action { snapshot, expire, push };

// As the configuration and the command line have them.
inline const std::map<std::string_view, Action>& action_words() {
  static const std::map<std::string_view, Action> words = {
      {"snapshot", Action::snapshot}, {"expire", Action::expire}, {"push", Action::push}};
  return words;
}

inline std::set<Action> all_actions() { return {Action::snapshot, Action::expire, Action::push}; }

}  // namespace czb
