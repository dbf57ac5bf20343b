// SPDX-License-Identifier: MIT
// Findings for people and for machines.
#pragma once

#include <string>
#include <vector>

#include "doctor/finding.h"
#include "error.h"

namespace czb::doctor {

// A heading for each subject, below it a line for each finding, and its remedy in a line of its own; at the end the
// counts. `only_problems`: without what is ok or skipped, and nothing at all where there is no problem.
std::string findings_as_text(const std::vector<Finding>& findings, bool only_problems);

// {"exit-code", "failed", "warnings", "ok", "skipped", "findings": [{"job"?, "target"?, "check", "state", "seen",
// "do"?}]}, indented, with a newline at the end. Bytes that are not UTF-8 are replaced.
std::string findings_as_json(const std::vector<Finding>& findings);

// failed where a check failed; a warning is none.
ExitCode exit_code(const std::vector<Finding>& findings);

}  // namespace czb::doctor
