// SPDX-License-Identifier: MIT
#include "plan/mirror.h"

#include <unordered_set>

#include "plan/destroy_batches.h"

namespace czb {
namespace {

std::string guard_refusal(const std::string& dataset, std::size_t going, std::size_t of, unsigned limit) {
  return dataset + ": " + std::to_string(going) + " of its " + std::to_string(of) +
         " snapshots are gone from the source and would be destroyed at the target at once, which is more than " +
         std::to_string(limit) +
         " %. Nothing of it was destroyed there. If that is what you want (look at the dry "
         "run), run again with --force-destroy-lots; to change the limit, set the target's destroy-limit.";
}

}  // namespace

MirrorPlan plan_mirror(const Inventory& source, const Inventory& target, const TargetConfig& config, Naming& naming,
                       bool force_destroy_lots, const std::map<std::string, std::size_t>* counted) {
  MirrorPlan plan;
  if (config.mirror == Mirror::off) return plan;
  Doomed doomed;
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
      if (config.mirror == Mirror::ours && !naming.parse(s.name, time)) continue;
      if (const char* obstacle = destroy_obstacle(s))
        plan.spared.push_back({target.full_name(relative) + "@" + s.name, obstacle});
      else
        going.insert(s.name);
    }
    const bool differs = counted != nullptr && counted->count(relative) != 0;
    const std::size_t of = differs ? counted->at(relative) : there.snapshots.size();
    if (!force_destroy_lots && going.size() * 100 > of * config.destroy_limit_percent) {
      plan.refusals.push_back(
          guard_refusal(target.full_name(relative), going.size(), of, config.destroy_limit_percent));
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
