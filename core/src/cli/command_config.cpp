// SPDX-License-Identifier: MIT
// `config check` and `config show`.
#include <fmt/core.h>

#include <chrono>
#include <cstdint>

#include "cli/commands.h"
#include "cli/say.h"
#include "cli/session.h"
#include "config/load_yaml.h"
#include "error.h"
#include "log/log.h"
#include "text_buffer.h"
#include "zfs/names.h"

namespace czb {
namespace {

// Of the datasets that the configuration names; those below them are ZFS's to know.
void check_snapshot_names(const Config& config, PluginRegistry& plugins) {
  for (const JobConfig& job : config.jobs) {
    TextBuffer name;
    TextBuffer error;
    const std::int64_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
    if (plugins.create_naming(job.naming)->format(now, name, error) != Status::ok) continue;  // not of every time
    const auto check = [&](const std::string& dataset, const std::string& what) {
      if (const auto wrong = full_name_error(dataset, name.text()))
        throw Error(ExitCode::usage, job.origin + ": job '" + job.name + "' could have no snapshots" + what + ": " +
                                         *wrong + ". Choose a shorter name.");
    };
    check(job.dataset, "");
    for (const TargetConfig& target : job.targets) check(target.dataset, " at its target '" + target.name + "'");
  }
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

// Not wrong, but seldom meant: each expires what the other has taken.
void tell_of_overlaps(const Config& config) {
  for (const JobConfig& job : config.jobs)
    if (!job.others.empty())
      log_warning(
          "job {} and {} work on the same dataset {}: each expires by its own policy what has its names, "
          "whoever took it",
          job.name, joined(job.others), job.dataset);
}

}  // namespace

ExitCode command_config_check(const Arguments& arguments) {
  const Config config = effective_config(arguments);
  const RunFolder folder;
  PluginRegistry plugins(plugin_directory(arguments), folder.path());
  check_plugins(config, plugins);
  check_snapshot_names(config, plugins);
  tell_of_overlaps(config);
  say(fmt::format("{}: {} job{}, all well\n", config.source, config.jobs.size(), config.jobs.size() == 1 ? "" : "s"));
  return ExitCode::ok;
}

ExitCode command_config_show(const Arguments& arguments) {
  Config config = effective_config(arguments);
  const RunFolder folder;
  PluginRegistry plugins(plugin_directory(arguments), folder.path());
  for (JobConfig& job : config.jobs) {
    job.transport = plugins.effective(PluginKind::transport, job.transport);
    job.naming = plugins.effective(PluginKind::naming, job.naming);
    job.retention = plugins.effective(PluginKind::retention, job.retention);
    for (TargetConfig& target : job.targets)
      target.transport = plugins.effective(PluginKind::transport, target.transport);
  }
  say_as_it_is(fmt::format("# effective configuration from {}\n{}", config.source, to_yaml(config)));
  return ExitCode::ok;
}

}  // namespace czb
