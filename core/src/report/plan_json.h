// SPDX-License-Identifier: MIT
// Plans, and what came of them, for machines.
#pragma once

#include <string>
#include <vector>

#include "report/job_report.h"

namespace czb {

// {"jobs": [{"name", "dataset", "dry-run", "exit-code", "actions": [{"action", "exit-code", "steps":
// [{"step", "host", "argv", "receiving-host"?, "receiving-argv"?, "command"}], "spared", "refusals",
// "notes", "errors"}]}]}; a push also has "target", "dataset", "sent-bytes", "destroyed", "retries", "agrees" (of a
// run) and "datasets": [{"dataset", "outcome", "why"?, "bytes"?}]. With --verbose also "verdicts": [{"snapshot",
// "verdict", "rule"}]. Indented, with a newline at the end. Bytes that are not UTF-8 are replaced.
std::string reports_as_json(const std::vector<JobReport>& reports);

}  // namespace czb
