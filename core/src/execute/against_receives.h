// SPDX-License-Identifier: MIT
// What expires here may be what a restricted receiver takes in at the same time: each keeps the other out.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "config/config.h"
#include "execute/dataset_lock.h"
#include "execute/run_job.h"
#include "report/job_report.h"

namespace czb {

using RunUnderLock = std::function<JobReport(const RunOptions& options, std::optional<DatasetLock> no_receives)>;

// Runs a job under the receiver's lock of its dataset, where it expires something on this host and `state_directory`
// (receiver_state_directory) can be used. Where it is there and cannot be, a job that takes no snapshots itself, which
// is about a received tree, expires nothing: what else it does it does, and the report says so and has failed. Throws
// Error: busy, and failed where it would only have expired; and what `run` throws.
JobReport run_against_receives(const JobConfig& job, const RunOptions& options, const std::string& state_directory,
                               const RunUnderLock& run);

}  // namespace czb
