// SPDX-License-Identifier: MIT
// What a run did, in the log: errors and refusals as they are, then a line for the job and one for
// each target, and last of all what restricted receivers raised an alarm for.
#pragma once

#include <string>

#include "report/job_report.h"

namespace czb {

void log_summary(const JobReport& report);

// "job zippy: took zippy/zippy@…; expired 3 snapshots, 1 spared"
std::string job_line(const JobReport& report);

// "job zippy, target offsite: sent 1.2 MiB in 4 s, deleted 3 snapshots; offsite/zippy now holds 36
// snapshots of 3 datasets, the newest @…, the same as the source"
std::string target_line(const JobReport& report, const TargetReport& target);

}  // namespace czb
