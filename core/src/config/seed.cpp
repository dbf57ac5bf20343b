// SPDX-License-Identifier: MIT
#include "config/seed.h"

#include <fmt/core.h>
#include <unistd.h>

#include <array>
#include <cstdint>

#include "error.h"
#include "zfs/names.h"

namespace czb {
namespace {

RawOption option(const std::string& name, const std::string& value, const Origin& origin) {
  return {name, value, origin, origin};
}

void check_dataset(const std::string& dataset, const std::string& origin) {
  if (auto wrong = dataset_name_error(dataset))
    throw Error(ExitCode::usage, origin + ": '" + dataset + "' is no dataset name: " + *wrong);
}

// FNV-1a, 32 bit: the same on every machine and in every build, unlike std::hash.
std::uint32_t fnv1a(const std::string& text) {
  std::uint32_t hash = 2166136261U;
  for (char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
  return hash;
}

// A target's name is part of the ZFS property that records its base: lower-case letters, digits, '.',
// '_', '-'. Two places must not share one record, so it names the dataset too unless that is the
// default, and a hash stands for whatever cannot be in such a name.
std::string target_name_of(const std::string& destination, const std::optional<std::string>& dataset) {
  constexpr std::size_t longest = 64;
  constexpr std::size_t longest_before_hash = longest - 9;
  const std::string place = dataset ? destination + " " + *dataset : destination;
  std::string name;
  for (char c : place) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    const bool upper = c >= 'A' && c <= 'Z';
    const bool mark = c == '.' || c == '_' || c == '-';
    if (plain || (mark && !name.empty()))
      name += c;
    else if (upper)
      name += static_cast<char>(c - 'A' + 'a');
    else
      name += name.empty() ? 'x' : '-';
  }
  if (name == place && name.size() <= longest) return name;
  return fmt::format("{}-{:08x}", name.substr(0, longest_before_hash), fnv1a(place));
}

// The last component, with what a job's name may not have replaced.
std::string job_name_of(const std::string& dataset) {
  std::string name = dataset.substr(dataset.rfind('/') == std::string::npos ? 0 : dataset.rfind('/') + 1);
  for (char& c : name)
    if (c == ' ' || c == ':') c = '-';
  if (name.find_first_of("._-") == 0) name.insert(0, "x");
  return name.substr(0, 64);
}

PluginChoice gfs_of(const std::vector<std::string>& policy) {
  PluginChoice choice{"gfs", "option --retention-policy", {}};
  if (policy.empty()) return choice;
  if (policy.size() != 3)
    throw Error(ExitCode::usage, "option --retention-policy takes three values, DAYS WEEKS MONTHS, and was given " +
                                     std::to_string(policy.size()));
  constexpr std::array names = {"daily", "weekly", "monthly"};
  for (std::size_t i = 0; i < names.size(); ++i)
    choice.options.push_back(option(names[i], policy[i], "option --retention-policy"));
  return choice;
}

PluginChoice ssh_of(const SeedOptions& options, const std::string& destination) {
  PluginChoice choice{"ssh", "option --ssh-destination", {}};
  choice.options.push_back(option("destination", destination, "option --ssh-destination"));
  if (options.ssh_config) choice.options.push_back(option("config", *options.ssh_config, "option --ssh-config"));
  if (options.use_sudo) choice.options.push_back(option("use-sudo", "true", "option --use-sudo"));
  return choice;
}

}  // namespace

Config seed_config(const SeedOptions& options, const std::string& host) {
  const std::string destination = options.ssh_destination.value_or("offsite");
  JobConfig job;
  job.dataset = options.dataset.value_or(host + "/" + host);
  job.origin = options.dataset ? "option --dataset" : "the default dataset HOST/HOST";
  check_dataset(job.dataset, job.origin);
  job.name = job_name_of(job.dataset);
  // Root here needs no sudo.
  if (options.use_sudo && geteuid() != 0)
    job.transport.options.push_back(option("use-sudo", "true", "option --use-sudo"));
  job.naming = {"rfc3339", "the default naming", {}};
  job.retention = gfs_of(options.retention_policy);
  TargetConfig target;
  target.name = target_name_of(destination, options.zfs_receive_dataset);
  target.dataset = options.zfs_receive_dataset.value_or("offsite/" + host);
  check_dataset(target.dataset,
                options.zfs_receive_dataset ? "option --zfs-receive-dataset" : "the default target offsite/HOST");
  target.transport = ssh_of(options, destination);
  job.targets.push_back(std::move(target));
  return {"the command line", {std::move(job)}};
}

std::string unqualified_host_name() {
  std::array<char, 256> name = {};
  if (gethostname(name.data(), name.size() - 1) != 0) return "localhost";
  std::string host(name.data());
  return host.substr(0, host.find('.'));
}

}  // namespace czb
