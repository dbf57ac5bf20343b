// SPDX-License-Identifier: MIT
// What becomes of one dataset in a push.
#pragma once

#include <string>

#include "error.h"

namespace czb {

// In a plan: if its steps go well.
enum class Outcome {
  up_to_date,  // nothing to do
  sent,        // the usual increment, or the first full stream
  resumed,     // an interrupted stream was finished first
  healed,      // it was not where the rest of the tree is, and is now
  kept_back,   // nothing is done, and why
  failed,      // a step failed, and how
};

const char* to_string(Outcome outcome);  // "up to date", …

// Why nothing more is done to a dataset in this run: a step failed, or it has to stay as it is.
struct LeftAlone {
  std::string why;
  ExitCode code = ExitCode::failed;
};

}  // namespace czb
