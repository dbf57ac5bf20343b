// SPDX-License-Identifier: MIT
// The default command and `plan`.
#include <optional>
#include <utility>

#include "cli/commands.h"
#include "cli/say.h"
#include "cli/session.h"
#include "execute/against_receives.h"
#include "execute/job_lock.h"
#include "execute/run_job.h"
#include "log/log.h"
#include "log/service_manager.h"
#include "report/plan_json.h"
#include "report/plan_text.h"
#include "report/summary.h"

namespace czb {
namespace {

// A job's failure does not stop the next job.
JobReport run_one(const JobConfig& job, PluginRegistry& plugins, const RunOptions& options) {
  try {
    std::vector<JobLock> locks;
    if (!options.dry_run)
      for (const std::string& folder : lock_directories()) locks.emplace_back(folder, job.dataset);
    return run_against_receives(job, options, receiver_state_directory,
                                [&](const RunOptions& possible, std::optional<DatasetLock> no_receives) {
                                  return run_job(job, plugins, possible, std::move(no_receives));
                                });
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
