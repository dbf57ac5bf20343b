// SPDX-License-Identifier: MIT
// A side that could be reached: its free space and its clock.
#pragma once

#include <cstdint>
#include <optional>

#include "doctor/finding.h"
#include "doctor/side.h"
#include "doctor/surroundings.h"

namespace czb::doctor {

// What the next push at least brings: what was written at the source since its newest snapshots; where the target does
// not exist yet, all that the source uses. Not what snapshots hold that were taken since the last push. Pure.
std::optional<std::uint64_t> next_push(const Side& source, const Side& target);

// `pool-space`. `needed`: bytes that must fit in.
void check_space(Side& side, std::optional<std::uint64_t> needed, Findings& findings);
void judge_space(const Side& side, std::optional<std::uint64_t> needed, Findings& findings);

// `clock`, of a side that is not this machine.
void check_clock(Side& side, Findings& findings, const Surroundings& here);
void judge_clock(const ClockReading& reading, const Side& side, Findings& findings);

}  // namespace czb::doctor
