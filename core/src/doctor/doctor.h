// SPDX-License-Identifier: MIT
// Checks every link of each job and target, and changes nothing on either side. The main path: read examine_job.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "config/config.h"
#include "cyber-zfs-backup/naming.h"
#include "cyber-zfs-backup/transport.h"
#include "doctor/finding.h"
#include "doctor/surroundings.h"
#include "plugin/registry.h"

namespace czb::doctor {

// What a job is examined with. Null: that plugin is refused, and what needs it is skipped.
struct DoctorParts {
  std::shared_ptr<Naming> naming;
  std::shared_ptr<Transport> source;
  std::vector<std::shared_ptr<Transport>> targets;  // one for each of the job's, in their order
  std::string run_command;                          // what runs this job alone: "cyber-zfs-backup --job home"
  // Of all jobs that the configuration has; absent: the job comes from the command line, and others may be elsewhere.
  std::optional<std::set<std::string>> targets_of_all = std::nullopt;
};

// Of this machine and of each job. Throws Error (usage) where the configuration is wrong, before anything is looked at;
// and Interrupted.
std::vector<Finding> diagnose(const Config& config, PluginRegistry& plugins, const Surroundings& here);

// Of one job with parts that somebody else made. Throws only Interrupted.
void examine_job(const JobConfig& job, const DoctorParts& parts, const Surroundings& here,
                 std::vector<Finding>& findings);

}  // namespace czb::doctor
