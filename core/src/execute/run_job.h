// SPDX-License-Identifier: MIT
// One job, from observing to verifying. This is the program's main path: read JobRun::run.
#pragma once

#include <cstdint>
#include <optional>
#include <set>

#include "config/config.h"
#include "plugin/registry.h"
#include "report/job_report.h"

namespace czb {

enum class Action { snapshot, expire, push };

struct RunOptions {
  std::set<Action> actions = {Action::snapshot, Action::expire, Action::push};
  bool dry_run = false;
  bool force_destroy_lots = false;
  bool force_non_incremental = false;
  bool explain = false;                   // collect every verdict of the retention plugin
  std::optional<std::int64_t> fixed_now;  // seconds since the epoch; absent: the clock, as each job begins
};

// Runs the job, or in a dry run plans all of it and changes nothing on either side. Failures of the
// job are in the report. Throws only Interrupted, and Error (usage) when a plugin is wrong, nothing
// having been touched then.
JobReport run_job(const JobConfig& job, PluginRegistry& plugins, const RunOptions& options);

}  // namespace czb
