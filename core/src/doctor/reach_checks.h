// SPDX-License-Identifier: MIT
// The way to a side's ZFS, link by link: connection, receiver, zfs, pool, dataset.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "doctor/finding.h"
#include "doctor/side.h"
#include "doctor/surroundings.h"

namespace czb::doctor {

// Opens the session and checks, in this order, and as long as what a check rests on went well: `connection` and
// `receiver` (where it is not this machine), `zfs`, `pool-health`, `dataset`. Returns "" when all could be looked at;
// else why not, as words that follow "skipped: ". Throws only Interrupted.
std::string reach(Side& side, Findings& findings, const Surroundings& here);

// The same for a side that was looked at: the next three are pure.

// What the receiver's mode means for this side, and whether its root holds the dataset.
void judge_receiver(const Side& side, Findings& findings);

// `version`: the output of `zfs version`, or what a receiver's report says of it.
void judge_version(std::string_view version, const Side& side, Findings& findings);

void judge_health(const PoolStatus& status, const Side& side, Findings& findings);

}  // namespace czb::doctor
