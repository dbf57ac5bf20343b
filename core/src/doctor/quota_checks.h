// SPDX-License-Identifier: MIT
// `quota`: whether anything bounds what somebody who has a key can fill, seen from either end.
#pragma once

#include <string>

#include "doctor/finding.h"
#include "doctor/side.h"

namespace czb::doctor {

// Of a target: what its receiver tells. Nothing is found where none stands there.
void check_quota_there(const Side& target, Findings& findings);

// NAME<TAB>VALUE of the quota of a dataset and of each above it.
CommandLine quota_command(const std::string& dataset);

// Of a job's source that `received`, a dataset of it, was sent to.
void check_quota_here(const Side& source, const std::string& received, Findings& findings);

}  // namespace czb::doctor
