// SPDX-License-Identifier: MIT
#include "plan/mirror.h"

#include <unordered_set>

#include "plan/destroy_batches.h"
#include "plan/force_advice.h"

namespace czb {
namespace {

std::string guard_refusal(const std::string& dataset, std::size_t going, std::size_t of, const TargetConfig& config) {
  return dataset + ": " + std::to_string(going) + " of its " + std::to_string(of) +
         " snapshots are gone from the source and would be destroyed at the target at once, which is more than " +
         std::to_string(config.destroy_limit_percent) +
         " % (the target's destroy-limit). Nothing of it was destroyed there. " + advice_on_force(config.others);
}

// Snapshots that a dataset of the source has and the same one of the target lacks: with zfs promote they have come from
// another dataset, where the target may have its only copy.
std::unordered_set<std::uint64_t> unreceived(const Inventory& source, const Inventory& target) {
  std::unordered_set<std::uint64_t> guids;
  for (const auto& [relative, here] : source.datasets) {
    std::unordered_set<std::uint64_t> received;
    if (const Dataset* there = target.find(relative))
      for (const Snapshot& s : there->snapshots) received.insert(s.guid);
    for (const Snapshot& s : here.snapshots)
      if (received.count(s.guid) == 0) guids.insert(s.guid);
  }
  return guids;
}

}  // namespace

Mirror mirror_in_effect(Mirror asked, const std::optional<ReceiverMode>& receiver) {
  if (!allows_destroy(receiver)) return Mirror::off;
  return receiver && asked == Mirror::exact ? Mirror::ours : asked;
}

MirrorPlan plan_mirror(const Inventory& source, const Inventory& target, const TargetConfig& config, Naming& naming,
                       bool force_destroy_lots, const std::map<std::string, std::size_t>* counted) {
  MirrorPlan plan;
  const Mirror mirror = mirror_in_effect(config.mirror, target.receiver);
  if (mirror == Mirror::off) return plan;
  Doomed doomed;
  std::optional<std::unordered_set<std::uint64_t>> moved;  // looked up once something is to go
  for (const auto& [relative, there] : target.datasets) {
    const Dataset* here = source.find(relative);
    if (here == nullptr) continue;
    const Snapshot* common = newest_common(there, *here);
    if (common == nullptr) continue;
    std::unordered_set<std::uint64_t> wanted;
    for (const Snapshot& s : here->snapshots) wanted.insert(s.guid);
    std::set<std::string> going;
    for (const Snapshot& s : there.snapshots) {
      if (s.createtxg >= common->createtxg) break;
      if (wanted.count(s.guid) != 0) continue;
      std::int64_t time = 0;
      if (mirror == Mirror::ours && !naming.parse(s.name, time)) continue;
      const char* obstacle = destroy_obstacle(s);
      if (!moved) moved = unreceived(source, target);
      if (obstacle == nullptr && moved->count(s.guid) != 0)
        obstacle = "the source has it in another dataset, which the target has not received";
      if (obstacle != nullptr)
        plan.spared.push_back({target.full_name(relative) + "@" + s.name, obstacle});
      else
        going.insert(s.name);
    }
    const bool differs = counted != nullptr && counted->count(relative) != 0;
    const std::size_t of = differs ? counted->at(relative) : there.snapshots.size();
    if (!force_destroy_lots && going.size() * 100 > of * config.destroy_limit_percent) {
      plan.refusals.push_back(guard_refusal(target.full_name(relative), going.size(), of, config));
      plan.refused.insert(relative);
      continue;
    }
    plan.count += going.size();
    if (!going.empty()) doomed[relative] = std::move(going);
  }
  plan.steps = destroy_batches(Side::target, target, doomed);
  return plan;
}

}  // namespace czb
