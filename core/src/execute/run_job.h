// SPDX-License-Identifier: MIT
// One job, from observing to verifying. This is the program's main path: read JobRun::run.
#pragma once

#include <cstdint>
#include <set>

#include "config/config.h"
#include "execute/outcome.h"
#include "plugin/registry.h"

namespace czb {

enum class Action { snapshot, expire, push };

struct RunOptions {
  std::set<Action> actions = {Action::snapshot, Action::expire, Action::push};
  bool dry_run = false;
  bool force_destroy_lots = false;
  bool force_non_incremental = false;
  bool source_with_sudo = false;
  std::int64_t now = 0;  // seconds since the epoch
};

// Runs the job, or in a dry run plans all of it and changes nothing on either side. Failures of the
// job are in the report; throws only Interrupted, and Error (usage) when the dataset does not exist or
// a plugin is wrong, nothing having been touched then.
JobReport run_job(const JobConfig& job, PluginRegistry& plugins, const RunOptions& options);

}  // namespace czb
