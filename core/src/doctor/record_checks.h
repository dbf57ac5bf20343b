// SPDX-License-Identifier: MIT
// Records at the source of targets that no job has (any more).
#pragma once

#include <set>
#include <string>

#include "doctor/finding.h"
#include "doctor/side.h"

namespace czb::doctor {

// NAME<TAB>PROPERTY<TAB>VALUE of all that is set in the tree.
CommandLine records_command(const std::string& root);

// `records`, of a source. `known`: the names of all targets of the configuration, of jobs that are not examined too.
void check_records(const Side& source, const std::set<std::string>& known, Findings& findings);

}  // namespace czb::doctor
