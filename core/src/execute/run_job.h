// SPDX-License-Identifier: MIT
// One job, from observing to verifying. This is the program's main path: read JobRun::run.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "config/config.h"
#include "cyber-zfs-backup/naming.h"
#include "cyber-zfs-backup/retention.h"
#include "cyber-zfs-backup/transport.h"
#include "execute/dataset_lock.h"
#include "plugin/registry.h"
#include "report/job_report.h"

namespace czb {

struct RunOptions {
  std::set<Action> actions = all_actions();  // of these, those that the job has (JobConfig::actions)
  bool dry_run = false;
  bool force_destroy_lots = false;
  bool force_non_incremental = false;
  bool explain = false;                   // collect every verdict of the retention plugin
  std::optional<std::int64_t> fixed_now;  // seconds since the epoch; absent: the clock, as each job begins
};

// Runs the job, or in a dry run plans all of it and changes nothing on either side. Failures of the
// job are in the report. Throws only Interrupted, and Error (usage) when a plugin is wrong, nothing
// having been touched then. `no_receives`: held from the listing to the end of the expiry; a push goes
// beside receives.
JobReport run_job(const JobConfig& job, PluginRegistry& plugins, const RunOptions& options,
                  std::optional<DatasetLock> no_receives = std::nullopt);

// What a job runs with.
struct JobParts {
  std::shared_ptr<Naming> naming;
  std::shared_ptr<Retention> retention;
  std::shared_ptr<Transport> source;
  std::vector<std::shared_ptr<Transport>> targets;  // one for each of the job's, in their order; none: no push
  std::optional<DatasetLock> no_receives = std::nullopt;
};

// The same with parts that somebody else made.
JobReport run_job(const JobConfig& job, JobParts parts, const RunOptions& options);

}  // namespace czb
