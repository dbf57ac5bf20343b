// SPDX-License-Identifier: MIT
#include "doctor/doctor.h"

#include <algorithm>

#include "doctor/ask.h"
#include "doctor/at_rest_checks.h"
#include "doctor/feature_checks.h"
#include "doctor/history_checks.h"
#include "doctor/key_checks.h"
#include "doctor/machine_checks.h"
#include "doctor/next_push_checks.h"
#include "doctor/permission_checks.h"
#include "doctor/quota_checks.h"
#include "doctor/reach_checks.h"
#include "doctor/received_checks.h"
#include "doctor/record_checks.h"
#include "doctor/side_checks.h"
#include "doctor/ssh_checks.h"
#include "execute/job_lock.h"
#include "plan/encryption.h"
#include "plan/record.h"
#include "plugin/descriptor_check.h"
#include "zfs/host.h"

namespace czb::doctor {
namespace {

constexpr std::chrono::seconds longest_listing(3600);  // where the configuration sets no limit

std::chrono::seconds listing_limit(std::chrono::seconds configured) {
  return configured.count() == 0 ? longest_listing : configured;
}

// The checks of a side, in the order in which they are told.
std::vector<std::string> side_checks(bool is_source, bool is_here) {
  std::vector<std::string> checks;
  if (!is_here) checks = {"connection", "receiver"};
  checks.insert(checks.end(), {"zfs", "pool-health", "dataset", "pool-space"});
  if (!is_here) checks.emplace_back("clock");
  checks.emplace_back("permissions");
  if (is_source)
    checks.insert(checks.end(), {"received-tree", "last-run"});
  else
    checks.insert(checks.end(), {"features", "last-push", "next-push", "resume-token"});
  return checks;
}

// As far as a side can be examined by itself; `source`: of a target, else null. False: it could not be looked at, and
// the rest was skipped.
bool examine_side(Side& side, const Side* source, Findings& findings, const Surroundings& here) {
  if (side.transport.id == "ssh") check_ssh(side.transport, findings, here);
  const std::string why_not = reach(side, findings, here);
  if (!why_not.empty()) {
    findings.skip_rest(side_checks(side.is_source, side.is_here()), why_not);
    return false;
  }
  const auto needed = source == nullptr ? std::nullopt : next_push(*source, side);
  findings.attempt("pool-space", [&] { check_space(side, needed, findings); });
  findings.attempt("clock", [&] { check_clock(side, findings, here); });
  findings.attempt("permissions", [&] { check_permissions(side, findings); });
  return true;
}

void skip_side(const PluginChoice& transport, bool is_source, Findings& findings) {
  findings.skip_rest(side_checks(is_source, transport.id == "local"),
                     "the plugin of its transport, '" + transport.id + "', is refused");
}

// Whether another run is at work.
bool check_lock(const JobConfig& job, Findings& findings, const Surroundings& here) {
  bool is_running = false;
  findings.attempt("lock", [&] {
    std::optional<std::string> holder;
    for (const std::string& folder : here.lock_folders())
      if (!holder) holder = lock_holder(folder, job.dataset);
    is_running = holder.has_value();
    if (!holder) return findings.ok("lock", "no other run is in progress");
    findings.warning("lock", "another run for " + job.dataset + " is in progress (" + *holder + ")",
                     "Let it end, and run doctor again: what it changes meanwhile may look wrong here.");
  });
  return is_running;
}

void tell_actions(const JobConfig& job, Side& side) {
  side.takes_snapshots = job.actions.count(Action::snapshot) != 0;
  side.expires = job.actions.count(Action::expire) != 0;
  side.pushes = job.actions.count(Action::push) != 0;
}

void examine_target(const JobConfig& job, const TargetConfig& config, const std::shared_ptr<Transport>& transport,
                    Side& source, const History& history, Findings& findings, const Surroundings& here) {
  if (transport == nullptr) return skip_side(config.transport, false, findings);
  Host host(transport, short_question);
  Side target(host, config.transport, config.dataset);
  target.is_source = false;
  target.listing_limit = listing_limit(config.command_timeout);
  target.target_config = &config;
  target.run_command = history.run_command;
  target.encrypted = source.inventory && is_encrypted(*source.inventory);
  target.was_pushed = source.inventory && source.inventory->exists() && was_pushed_to(*source.inventory, config.name);
  const Dataset* const root = source.inventory ? source.inventory->find("") : nullptr;
  target.has_what_to_send = root == nullptr || !root->snapshots.empty();
  tell_actions(job, target);
  if (!examine_side(target, &source, findings, here)) return;
  findings.attempt("quota", [&] { check_quota_there(target, findings); });
  findings.attempt("keys", [&] { check_keys_there(target, findings); });
  findings.attempt("features", [&] { check_features(source, target, findings); });
  findings.attempt("at-rest", [&] { check_at_rest(source, target, findings); });
  findings.attempt("last-push", [&] { judge_last_push(source, target, history, findings); });
  findings.attempt("resume-token", [&] { read_resume_tokens(source, target, history); });
  if (findings.has("resume-token"))
    return findings.skipped("next-push", "what the interrupted receives stand for could not be asked");
  findings.attempt("next-push", [&] { judge_next_push(source, target, history, findings); });
  findings.attempt("resume-token", [&] { check_resume_tokens(source, target, history, findings); });
}

// Every choice of a job, with its kind.
std::vector<std::pair<PluginKind, const PluginChoice*>> choices_of(const JobConfig& job) {
  std::vector<std::pair<PluginKind, const PluginChoice*>> choices = {{PluginKind::transport, &job.transport},
                                                                     {PluginKind::naming, &job.naming},
                                                                     {PluginKind::retention, &job.retention}};
  for (const TargetConfig& target : job.targets) choices.emplace_back(PluginKind::transport, &target.transport);
  return choices;
}

// Files of plugins that there are, and that are refused: a fault of this machine, not of the configuration.
class Refused {
 public:
  explicit Refused(const std::vector<PluginListing>& listings) {
    for (const PluginListing& listing : listings)
      if (listing.descriptor == nullptr) files_.push_back(listing.file.substr(listing.file.rfind('/') + 1));
  }
  bool has(PluginKind kind, const PluginChoice& choice) const {
    return std::find(files_.begin(), files_.end(), plugin_file_name(kind, choice.id)) != files_.end();
  }

 private:
  std::vector<std::string> files_;
};

std::string run_command(const Config& config, const JobConfig& job) {
  if (config.source == "the command line") return "cyber-zfs-backup [the same options]";
  const bool is_default = config.source == "/etc/cyber-zfs-backup/config.yaml";
  return "cyber-zfs-backup" + (is_default ? "" : " --config " + config.source) + " --job " + job.name;
}

DoctorParts parts_of(const JobConfig& job, PluginRegistry& plugins, const Refused& refused) {
  const auto transport = [&](const PluginChoice& choice) {
    return refused.has(PluginKind::transport, choice) ? nullptr : plugins.create_transport(choice);
  };
  DoctorParts parts;
  if (!refused.has(PluginKind::naming, job.naming)) parts.naming = plugins.create_naming(job.naming);
  if (!refused.has(PluginKind::retention, job.retention)) plugins.create_retention(job.retention);
  parts.source = transport(job.transport);
  for (const TargetConfig& target : job.targets) parts.targets.push_back(transport(target.transport));
  return parts;
}

}  // namespace

std::vector<Finding> diagnose(const Config& config, PluginRegistry& plugins, const Surroundings& here) {
  const std::vector<PluginListing> listings = plugins.list();
  const Refused refused(listings);
  std::vector<std::string> used;
  std::vector<DoctorParts> parts;
  for (const JobConfig& job : config.jobs) {
    parts.push_back(parts_of(job, plugins, refused));
    parts.back().run_command = run_command(config, job);
    if (config.source != "the command line") parts.back().targets_of_all = config.target_names;
    for (const auto& [kind, choice] : choices_of(job)) used.push_back(plugin_file_name(kind, choice->id));
  }
  std::vector<Finding> all;
  Findings machine(all);
  machine.attempt("plugins", [&] { judge_plugins(listings, plugins.plugin_dir(), used, machine); });
  machine.attempt("timer", [&] { check_timer(machine, here); });
  for (std::size_t i = 0; i < config.jobs.size(); ++i) examine_job(config.jobs[i], parts[i], here, all);
  return all;
}

void examine_job(const JobConfig& job, const DoctorParts& parts, const Surroundings& here, std::vector<Finding>& all) {
  Findings findings(all, job.name);
  const History history{parts.run_command, parts.naming.get(), here.clock(), check_lock(job, findings, here)};
  if (parts.source == nullptr) return skip_side(job.transport, true, findings);
  Host host(parts.source, short_question);
  Side source(host, job.transport, job.dataset);
  source.recursive = job.selection.recursive;
  tell_actions(job, source);
  source.listing_limit = listing_limit(job.command_timeout);
  for (const TargetConfig& target : job.targets) source.properties.push_back(base_property(target.name));
  if (examine_side(source, nullptr, findings, here)) {
    findings.attempt("received-tree", [&] { check_received_tree(job, source, findings, here); });
    job.selection.apply(*source.inventory);
    findings.attempt("last-run", [&] { judge_last_run(source, history, findings); });
    if (parts.targets_of_all)
      findings.attempt("records", [&] { check_records(source, *parts.targets_of_all, findings); });
  }
  for (std::size_t i = 0; i < job.targets.size(); ++i) {
    Findings on_target(all, job.name, job.targets[i].name);
    examine_target(job, job.targets[i], parts.targets.at(i), source, history, on_target, here);
  }
}

}  // namespace czb::doctor
