// SPDX-License-Identifier: MIT
// What a person is told where nothing may be sent.
#pragma once

#include <array>
#include <string>

#include "plan/position.h"

namespace czb {

inline constexpr std::array obstacles = {Obstacle::nothing_in_common, Obstacle::diverged, Obstacle::modified,
                                         Obstacle::no_snapshots};

// What it means and what to do, for all datasets with this obstacle.
const char* advice_on(Obstacle obstacle);

// What is in the way at one dataset; full names.
std::string sentence_on(const Position& position, const std::string& here, const std::string& there);

}  // namespace czb
