// SPDX-License-Identifier: MIT
// How what is not encrypted at the source lies at a target (adr/0020).
#pragma once

#include "doctor/finding.h"
#include "doctor/side.h"

namespace czb::doctor {

// `at-rest` of a target.
void check_at_rest(const Side& source, const Side& target, Findings& findings);

}  // namespace czb::doctor
