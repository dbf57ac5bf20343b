// SPDX-License-Identifier: MIT
// Plans for machines.
#pragma once

#include <string>
#include <vector>

#include "report/job_report.h"

namespace czb {

// {"jobs": [{"name", "dataset", "exit-code", "actions": [{"action", "target"?, "exit-code", "steps":
// [{"step", "host", "argv", "receiving-host"?, "receiving-argv"?, "command"}], "spared", "refusals",
// "notes", "errors"}]}]}; with --verbose also "verdicts": [{"snapshot", "verdict", "rule"}], indented, with a newline
// at the end. Bytes that are not UTF-8 are replaced.
std::string plans_as_json(const std::vector<JobReport>& reports);

}  // namespace czb
