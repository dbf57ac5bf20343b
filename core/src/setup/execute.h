// SPDX-License-Identifier: MIT
// Carries out the steps of setting up, one action after the other.
#pragma once

#include <functional>
#include <string>

#include "setup/step.h"

namespace czb::setup {

// One action. An action that finds its effect there already does nothing; a NewFile that finds a file, whatever is in
// it, is an error. Files and the folders that they lie in must not be symbolic links, and a file must be a regular one
// with one name. Throws Error (failed) that says what could not be done.
void execute(const Action& action);

// All of a plan without refusals, each step told before its actions, as "already there: …" or "done: …"; stops at the
// first failure. `say` gets whole lines.
void execute(const Plan& plan, const std::function<void(const std::string&)>& say);

}  // namespace czb::setup
