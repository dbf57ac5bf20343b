// SPDX-License-Identifier: MIT
// What a person is told where nothing may be sent.
#pragma once

#include <array>
#include <string>

#include "plan/position.h"

namespace czb {

inline constexpr std::array obstacles = {Obstacle::nothing_in_common, Obstacle::diverged, Obstacle::modified,
                                         Obstacle::no_snapshots, Obstacle::name_too_long};

// What it means and what to do, for all datasets with this obstacle.
const char* advice_on(Obstacle obstacle);

// What to do where the target's dataset does not exist. `was_pushed`: the source has a record of a push there.
std::string advice_on_missing(bool was_pushed);

// What is in the way at one dataset; full names.
std::string sentence_on(const Position& position, const std::string& here, const std::string& there);

}  // namespace czb
