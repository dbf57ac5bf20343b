// SPDX-License-Identifier: MIT
#include "cli/session.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include "config/load_yaml.h"
#include "config/mistakes.h"
#include "config/overlap.h"
#include "config/ssh_configuration.h"
#include "error.h"
#include "log/log.h"

namespace czb {
namespace {

constexpr char default_config_file[] = "/etc/cyber-zfs-backup/config.yaml";

void select_jobs(const std::vector<std::string>& names, Config& config) {
  if (names.empty()) return;
  for (const std::string& name : names) {
    auto is_it = [&](const JobConfig& job) { return job.name == name; };
    if (std::none_of(config.jobs.begin(), config.jobs.end(), is_it)) {
      std::string known;
      for (const JobConfig& job : config.jobs) known.append(known.empty() ? "" : ", ").append(job.name);
      throw Error(ExitCode::usage,
                  "option --job: there is no job '" + name + "' in " + config.source + "; there are: " + known);
    }
  }
  std::erase_if(config.jobs,
                [&](const JobConfig& job) { return std::find(names.begin(), names.end(), job.name) == names.end(); });
}

}  // namespace

Config effective_config(const Arguments& arguments) {
  const std::string host = unqualified_host_name();
  const bool seeded = arguments.seed.any();
  if (seeded && (arguments.config_file || !arguments.jobs.empty()))
    throw Error(ExitCode::usage,
                "--dataset, --pool, --retention-policy, --ssh-destination, --zfs-receive-dataset, --ssh-config and "
                "--use-sudo describe one job without a file: give either them, or --config and --job.");
  // A file that is there and cannot be read is an error, not an absent one.
  const bool default_exists = access(default_config_file, F_OK) == 0 || (errno != ENOENT && errno != ENOTDIR);
  if (seeded && default_exists) log_info("the job of the command line is run; {} is not read", default_config_file);
  Config config;
  if (arguments.config_file || (default_exists && !seeded))
    config = load_yaml_file(arguments.config_file.value_or(default_config_file), host);
  else
    config = seed_config(arguments.seed, host);
  find_overlaps(config);  // with those that this run leaves out
  for (const JobConfig& job : config.jobs)
    for (const TargetConfig& target : job.targets) config.target_names.insert(target.name);
  select_jobs(arguments.jobs, config);
  check_ssh_configurations(config);
  return config;
}

std::string plugin_directory(const Arguments& arguments) {
  if (arguments.plugin_dir) {
    if (arguments.plugin_dir->front() != '/')
      throw Error(ExitCode::usage, "option --plugin-dir: '" + *arguments.plugin_dir + "' is not an absolute path");
    return *arguments.plugin_dir;
  }
  std::error_code error;
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) throw Error(ExitCode::usage, "could not find this program's own path in /proc: " + error.message());
  return (program.parent_path() / CZB_BIN_TO_PLUGINS).lexically_normal().string();
}

void check_plugins(const Config& config, PluginRegistry& plugins) {
  std::vector<PluginName> names;
  for (const JobConfig& job : config.jobs) {
    names.push_back({PluginKind::transport, job.transport.id});
    names.push_back({PluginKind::naming, job.naming.id});
    names.push_back({PluginKind::retention, job.retention.id});
    for (const TargetConfig& target : job.targets) names.push_back({PluginKind::transport, target.transport.id});
  }
  plugins.load(names);
  Mistakes mistakes;
  for (const JobConfig& job : config.jobs) {
    mistakes.attempt([&] { plugins.create_transport(job.transport); });
    mistakes.attempt([&] { plugins.create_naming(job.naming); });
    mistakes.attempt([&] { plugins.create_retention(job.retention); });
    for (const TargetConfig& target : job.targets)
      mistakes.attempt([&] { plugins.create_transport(target.transport); });
  }
  mistakes.raise();
}

}  // namespace czb
