// SPDX-License-Identifier: MIT
#include "execute/against_receives.h"

#include <fmt/core.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "error.h"

namespace czb {
namespace {

bool does(const JobConfig& job, const RunOptions& options, Action action) {
  return options.actions.count(action) != 0 && job.actions.count(action) != 0;
}

std::optional<DatasetLock> lock_against_receives(const JobConfig& job, const RunOptions& options,
                                                 const std::string& state_directory) {
  if (options.dry_run || !does(job, options, Action::expire) || job.transport.id != "local") return std::nullopt;
  if (access(state_directory.c_str(), R_OK | W_OK | X_OK) != 0) {
    const int reason = errno;
    if (reason == ENOENT || !job.expires_received()) return std::nullopt;  // no receiver here, or not its tree
    throw Error(ExitCode::failed,
                fmt::format("the receiver's locks in {} cannot be used: {}. Run this as root or as the "
                            "receiver's user; in the service, with the drop-in received-trees.conf",
                            state_directory, std::strerror(reason)));
  }
  return std::make_optional<DatasetLock>(state_directory, job.dataset);
}

}  // namespace

JobReport run_against_receives(const JobConfig& job, const RunOptions& options, const std::string& state_directory,
                               const RunUnderLock& run) {
  std::optional<DatasetLock> lock;
  std::optional<Error> unusable;
  try {
    lock = lock_against_receives(job, options, state_directory);
  } catch (const Error& error) {
    if (error.code() == ExitCode::busy || !does(job, options, Action::push)) throw;
    unusable = error;
  }
  RunOptions possible = options;
  if (unusable) possible.actions.erase(Action::expire);
  JobReport report = run(possible, std::move(lock));
  if (unusable) report.general.fail(unusable->code(), std::string("nothing expired: ") + unusable->what());
  return report;
}

}  // namespace czb
