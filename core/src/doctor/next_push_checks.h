// SPDX-License-Identifier: MIT
// What the next push would run into: it is planned here as a run plans it, and nothing of the plan is carried out.
#pragma once

#include "doctor/finding.h"
#include "doctor/history_checks.h"
#include "doctor/side.h"

namespace czb::doctor {

// `next-push`. Of what is there now: the snapshot that a run takes before is not foreseen. `target.inventory` knows
// what its resume tokens stand for. Pure.
void judge_next_push(const Side& source, const Side& target, const History& history, Findings& findings);

}  // namespace czb::doctor
