// SPDX-License-Identifier: MIT
// Runs checks of the kit on a plugin.
#pragma once

#include <functional>
#include <string>

#include "conformance/check.h"
#include "conformance/subject.h"

namespace czb::conformance {

// One check, isolated, with a run directory of its own. Outcome::refused where the plugin is not loaded or refuses its
// options. Throws as run_isolated.
Result run_check(const Check& check, const Candidate& candidate, const Settings& settings);

// All checks of the candidate's kind in their order, each told to `on_result` at once. Those that a failed one makes
// useless are not run: Outcome::not_applicable. True where none failed nor was refused.
bool run_checks(const Candidate& candidate, const Settings& settings,
                const std::function<void(const Check& check, const Result& result)>& on_result);

// The check of this name, or null.
const Check* find_check(PluginKind kind, const std::string& name);

}  // namespace czb::conformance
