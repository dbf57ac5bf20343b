// SPDX-License-Identifier: MIT
#include "error.h"

#include <algorithm>
#include <array>

namespace czb {

ExitCode worse_of(ExitCode a, ExitCode b) {
  constexpr std::array order = {ExitCode::needs_person, ExitCode::failed, ExitCode::unreachable, ExitCode::refused,
                                ExitCode::busy,         ExitCode::usage,  ExitCode::ok};
  return *std::find_if(order.begin(), order.end(), [&](ExitCode code) { return code == a || code == b; });
}

}  // namespace czb
