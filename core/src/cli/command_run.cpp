// SPDX-License-Identifier: MIT
// The default command and `plan`.
#include <fmt/core.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "cli/commands.h"
#include "cli/say.h"
#include "cli/session.h"
#include "execute/dataset_lock.h"
#include "execute/job_lock.h"
#include "execute/run_job.h"
#include "log/log.h"
#include "log/service_manager.h"
#include "report/plan_json.h"
#include "report/plan_text.h"
#include "report/summary.h"

namespace czb {
namespace {

// What expires here may be what a restricted receiver takes in at the same time. A job that takes no snapshots itself
// is about a received tree, so it must not go on without the lock.
std::optional<DatasetLock> lock_against_receives(const JobConfig& job, const RunOptions& options) {
  const bool expires = options.actions.count(Action::expire) != 0 && job.actions.count(Action::expire) != 0;
  if (options.dry_run || !expires || job.transport.id != "local") return std::nullopt;
  if (access(receiver_state_directory, R_OK | W_OK | X_OK) != 0) {
    const int reason = errno;
    if (reason == ENOENT || !job.expires_received()) return std::nullopt;  // no receiver here, or not its tree
    throw Error(ExitCode::failed,
                fmt::format("the receiver's locks in {} cannot be used: {}. Run this as root or as the "
                            "receiver's user; in the service, with the drop-in received-trees.conf",
                            receiver_state_directory, std::strerror(reason)));
  }
  return std::make_optional<DatasetLock>(receiver_state_directory, job.dataset);
}

// Where the receiver's locks cannot be used nothing expires, but what else the job does needs none.
JobReport run_against_receives(const JobConfig& job, PluginRegistry& plugins, const RunOptions& options) {
  std::optional<DatasetLock> lock;
  std::optional<Error> unusable;
  try {
    lock = lock_against_receives(job, options);
  } catch (const Error& error) {
    const bool pushes = options.actions.count(Action::push) != 0 && job.actions.count(Action::push) != 0;
    if (error.code() == ExitCode::busy || !pushes) throw;
    unusable = error;
  }
  RunOptions possible = options;
  if (unusable) possible.actions.erase(Action::expire);
  JobReport report = run_job(job, plugins, possible, std::move(lock));
  if (unusable) report.general.fail(unusable->code(), std::string("nothing expired: ") + unusable->what());
  return report;
}

// A job's failure does not stop the next job.
JobReport run_one(const JobConfig& job, PluginRegistry& plugins, const RunOptions& options) {
  try {
    std::vector<JobLock> locks;
    if (!options.dry_run)
      for (const std::string& folder : lock_directories()) locks.emplace_back(folder, job.dataset);
    return run_against_receives(job, plugins, options);
  } catch (const Error& error) {
    JobReport report;
    report.name = job.name;
    report.dataset = job.dataset;
    report.dry_run = options.dry_run;
    report.general.fail(error.code(), error.what());
    return report;
  }
}

// "home: all well; mail: exit status 4"
std::string how_it_ended(const std::vector<JobReport>& reports) {
  std::string text;
  for (const JobReport& report : reports) {
    const int code = static_cast<int>(report.code());
    text += (text.empty() ? "" : "; ") + report.name + ": " +
            (code == 0 ? std::string("all well") : "exit status " + std::to_string(code));
  }
  return text;
}

}  // namespace

ExitCode command_run(const Arguments& arguments) {
  RunOptions options = arguments.run;
  const Config config = effective_config(arguments);
  const RunFolder folder;
  PluginRegistry plugins(plugin_directory(arguments), folder.path());
  check_plugins(config, plugins);

  ExitCode code = ExitCode::ok;
  std::vector<JobReport> reports;
  for (const JobConfig& job : config.jobs) {
    tell_service_manager("job " + job.name + " is running");
    reports.push_back(run_one(job, plugins, options));
    code = worse_of(code, reports.back().code());
    if (!options.dry_run) {
      log_summary(reports.back());
    } else if (!arguments.json) {
      say(plan_as_text(reports.back()));
    }
  }
  tell_service_manager(how_it_ended(reports));
  if (arguments.json) say(reports_as_json(reports));
  return code;
}

ExitCode command_plan(const Arguments& arguments) {
  Arguments dry = arguments;
  dry.run.dry_run = true;
  return command_run(dry);
}

}  // namespace czb
