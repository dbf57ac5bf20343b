// SPDX-License-Identifier: MIT
#include "plan/expire.h"

#include <algorithm>

#include "error.h"
#include "plan/destroy_batches.h"
#include "plan/force_advice.h"
#include "plan/judge.h"

namespace czb {
namespace {

// Snapshots of one dataset that must stay, guid or name → why.
class Protection {
 public:
  Protection(const std::string& relative, const Dataset& dataset, const std::vector<OwnSnapshot>& own,
             const ExpireRequest& request) {
    if (dataset.newest() != nullptr) add(dataset.newest(), "it is the newest snapshot");
    if (!own.empty()) add(own.front().snapshot, "it is the newest snapshot");
    for (const auto& [target, record] : request.records) {
      add(dataset.find_by_name(record.base), "the target " + target + " continues from it (as recorded)");
      const auto seen = request.targets.find(target);
      if (!record.may_have_come || (seen != request.targets.end() && seen->second->find(relative) != nullptr)) continue;
      for (const Snapshot& snapshot : dataset.snapshots)
        if (record.may_have_come->holds(snapshot.createtxg))
          add(&snapshot, "the target " + target + " may have received it, and has not been seen with it since");
    }
    for (const auto& [target, inventory] : request.targets)
      if (const Dataset* there = inventory->find(relative)) protect_for(*there, target, dataset);
  }

  const std::string* why(const Snapshot& snapshot) const {
    for (const auto& [kept, reason] : kept_)
      if (kept == &snapshot) return &reason;
    return nullptr;
  }

 private:
  void protect_for(const Dataset& there, const std::string& target, const Dataset& dataset) {
    add(newest_common(dataset, there), "it is the newest one in common with the target " + target);
    if (!there.partial) return;
    add(dataset.find_by_guid(there.partial->to_guid), "the target " + target + " has received a part of it");
    add(dataset.find_by_guid(there.partial->from_guid), "the target " + target + " is receiving what follows it");
  }

  void add(const Snapshot* snapshot, std::string reason) {
    if (snapshot != nullptr) kept_.emplace_back(snapshot, std::move(reason));
  }

  std::vector<std::pair<const Snapshot*, std::string>> kept_;
};

// Takes out those that arrived after another and claim to be older; `own` is newest first, by createtxg.
std::vector<Spared> take_out_of_order(std::vector<OwnSnapshot>& own, const std::string& dataset) {
  std::vector<Spared> taken;
  std::vector<OwnSnapshot> rest;
  const OwnSnapshot* latest = nullptr;  // by its name, of those that came before
  for (auto it = own.rbegin(); it != own.rend(); ++it) {
    if (latest != nullptr && it->time < latest->time) {
      taken.push_back({dataset + "@" + it->snapshot->name, "it arrived after @" + latest->snapshot->name +
                                                               " and claims to be older, so the policy leaves it out"});
      continue;
    }
    latest = &*it;
    rest.push_back(*it);
  }
  own.assign(rest.rbegin(), rest.rend());
  return taken;
}

std::string guard_refusal(const std::string& dataset, std::size_t going, std::size_t of, unsigned limit,
                          const std::string& advice) {
  return dataset + ": " + std::to_string(going) + " of its " + std::to_string(of) +
         " own snapshots would expire at once, which is more than " + std::to_string(limit) +
         " % (destroy-limit). Nothing of it was expired. " + advice;
}

}  // namespace

ExpirePlan plan_expire(const Inventory& source, Naming& naming, Retention& retention, const ExpireRequest& request) {
  ExpirePlan plan;
  Doomed doomed;
  const std::string advice = request.others.empty() && !request.strange_records.empty()
                                 ? advice_on_force_beside_records(request.strange_records, source.root)
                                 : advice_on_force(request.others);
  for (const auto& [relative, dataset] : source.datasets) {
    const std::string full_name = source.full_name(relative);
    std::vector<OwnSnapshot> own = own_snapshots(dataset, naming);
    auto future = std::find_if(own.begin(), own.end(), [&](const OwnSnapshot& s) { return s.time > request.now; });
    if (future != own.end()) {
      plan.refusals.push_back(
          full_name + ": the snapshot @" + future->snapshot->name +
          " is from the future, so either it or this machine's clock is wrong. Nothing of this "
          "dataset was expired. Set the clock; or rename the snapshot (zfs rename), so that it is none of this "
          "job's and stays.");
      continue;
    }
    if (request.received)
      for (Spared& each : take_out_of_order(own, full_name)) plan.spared.push_back(std::move(each));
    const std::vector<Verdict> verdicts = judge(own, full_name, retention, request.now);
    const Protection protection(relative, dataset, own, request);
    std::set<std::string> going;
    for (std::size_t i = 0; i < own.size(); ++i) {
      if (request.explain) plan.verdicts.push_back({full_name + "@" + own[i].snapshot->name, verdicts[i]});
      if (verdicts[i].decision == Decision::keep) continue;
      const Snapshot& snapshot = *own[i].snapshot;
      if (const std::string* why = protection.why(snapshot)) {
        plan.spared.push_back({full_name + "@" + snapshot.name, *why});
      } else if (const char* obstacle = destroy_obstacle(snapshot)) {
        plan.spared.push_back({full_name + "@" + snapshot.name, obstacle});
      } else {
        going.insert(snapshot.name);
      }
    }
    if (!request.force_destroy_lots && going.size() * 100 > own.size() * request.destroy_limit_percent) {
      plan.refusals.push_back(
          guard_refusal(full_name, going.size(), own.size(), request.destroy_limit_percent, advice));
      continue;
    }
    plan.count += going.size();
    if (!going.empty()) doomed[relative] = std::move(going);
  }
  plan.steps = destroy_batches(Side::source, source, doomed);
  return plan;
}

}  // namespace czb
