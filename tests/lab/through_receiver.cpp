// SPDX-License-Identifier: MIT
#include "through_receiver.h"

#include <algorithm>
#include <filesystem>
#include <iterator>

#include "restricted.h"

namespace czb::lab {
namespace {

// Its limit of a day goes by the clock, and the tests' days are minutes.
void another_day_at_the_receiver() {
  const std::filesystem::path state = "/var/lib/cyber-zfs-backup/receiver";
  if (!std::filesystem::exists(state)) return;
  for (const auto& entry : std::filesystem::directory_iterator(state))
    if (entry.path().extension() == ".destroyed") std::filesystem::remove(entry.path());
}

}  // namespace

ThroughReceiver::~ThroughReceiver() {
  for (const auto& [target, config] : ssh_configs_) unallow(target.substr(0, target.rfind('/')));
}

std::string ThroughReceiver::ssh_config(const std::string& source, const std::string& target,
                                        const std::string& folder) {
  ensure_system_user();
  run({"chown", "-R", system_user + ":", folder});  // fails where a backup is mounted in it, read-only
  if (sources_.count(source) == 0 && exists(source)) {
    allow(ZfsRole::sender, source);
    sources_.insert(source);
  }
  std::string& config = ssh_configs_[target];
  if (config.empty()) {
    Words options = {"--mode", mode_};
    if (mode_ == "mirror") options = options + Words{"--keep-newest", "1", "--destroy-limit", "100%"};
    config = restricted_ssh_config(target, options);
  }
  return config;
}

Words ThroughReceiver::command(const Words& program) const {
  if (mode_ == "mirror") another_day_at_the_receiver();
  return non_root(program);
}

void ThroughReceiver::remember(const Tree& source) {
  for (const auto& [name, snapshots] : source) had_[name].insert(snapshots.begin(), snapshots.end());
}

bool ThroughReceiver::agrees(const std::string& name, const Words& source, const Words& target) const {
  if (mode_ != "append-only") return source == target;
  const auto is_sources = [&](const std::string& each) {
    return std::find(source.begin(), source.end(), each) != source.end();
  };
  Words of_the_source;
  Words others;
  std::partition_copy(target.begin(), target.end(), std::back_inserter(of_the_source), std::back_inserter(others),
                      is_sources);
  return of_the_source == source && may_keep(name, others);
}

bool ThroughReceiver::may_keep(const std::string& name, const Words& snapshots) const {
  const auto had = had_.find(name);
  return std::all_of(snapshots.begin(), snapshots.end(),
                     [&](const std::string& each) { return had != had_.end() && had->second.count(each) != 0; });
}

}  // namespace czb::lab
