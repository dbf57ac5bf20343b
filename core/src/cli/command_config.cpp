// SPDX-License-Identifier: MIT
// `config check` and `config show`.
#include <fmt/core.h>

#include "cli/commands.h"
#include "cli/say.h"
#include "cli/session.h"
#include "config/load_yaml.h"

namespace czb {

ExitCode command_config_check(const Arguments& arguments) {
  const Config config = effective_config(arguments);
  const RunFolder folder;
  PluginRegistry plugins(plugin_directory(arguments), folder.path());
  check_plugins(config, plugins);
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
