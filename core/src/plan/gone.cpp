// SPDX-License-Identifier: MIT
#include "plan/gone.h"

#include <algorithm>
#include <cstdint>
#include <set>
#include <string_view>
#include <unordered_set>

#include "plan/force_advice.h"

namespace czb {
namespace {

using Guids = std::unordered_set<std::uint64_t>;

bool is_gone_from(const Inventory& source, const std::string& relative) {
  return source.find(relative) == nullptr && !source.leaves_out(relative);
}

// Snapshots that the source has, perhaps under another dataset's name by now, and that nothing else of the target has.
Guids only_copies(const Inventory& source, const Inventory& target) {
  Guids guids;
  for (const auto* datasets : {&source.datasets, &source.excluded})
    for (const auto& [relative, dataset] : *datasets)
      for (const Snapshot& snapshot : dataset.snapshots) guids.insert(snapshot.guid);
  for (const auto& [relative, there] : target.datasets)
    if (!is_gone_from(source, relative))
      for (const Snapshot& snapshot : there.snapshots) guids.erase(snapshot.guid);
  return guids;
}

// The names of what the source has, and of what the target has of it.
std::unordered_set<std::string_view> known_names(const Inventory& source, const Inventory& target) {
  std::unordered_set<std::string_view> names;
  for (const auto* datasets : {&source.datasets, &source.excluded, &target.datasets})
    for (const auto& [relative, dataset] : *datasets)
      if (datasets != &target.datasets || !is_gone_from(source, relative))
        for (const Snapshot& snapshot : dataset.snapshots) names.insert(snapshot.name);
  return names;
}

// Why a dataset cannot be destroyed; with it, all above it stay.
bool stays(const Inventory& target, const std::string& relative, const Dataset& there, const Guids& only,
           const std::unordered_set<std::string_view>& known, GonePlan& plan) {
  const bool came_from_here = std::any_of(there.snapshots.begin(), there.snapshots.end(),
                                          [&](const Snapshot& each) { return known.count(each.name) != 0; });
  if (!came_from_here) {
    plan.spared.push_back(
        {target.full_name(relative),
         "no snapshot of it bears a name that the source has, so nothing shows that it came from there"});
    return true;
  }
  bool obstructed = false;
  for (const Snapshot& snapshot : there.snapshots) {
    const char* obstacle = destroy_obstacle(snapshot);
    if (obstacle == nullptr && only.count(snapshot.guid) != 0)
      obstacle = "the source has it in another dataset, which the target has not received";
    if (obstacle == nullptr) continue;
    plan.spared.push_back({target.full_name(relative) + "@" + snapshot.name, obstacle});
    obstructed = true;
  }
  return obstructed;
}

}  // namespace

GonePlan plan_gone(const Inventory& source, const Inventory& target, const TargetConfig& config,
                   bool force_destroy_lots) {
  GonePlan plan;
  if (config.on_source_gone == OnSourceGone::keep || !allows_changes(target.receiver)) return plan;
  const Guids only = only_copies(source, target);
  const std::unordered_set<std::string_view> known = known_names(source, target);
  std::set<std::string> kept;
  std::size_t gone = 0;
  for (auto it = target.datasets.rbegin(); it != target.datasets.rend(); ++it) {  // children sort behind their parents
    const auto& [relative, there] = *it;
    if (!is_gone_from(source, relative) || kept.count(relative) != 0 || !there.resume_token.empty() ||
        stays(target, relative, there, only, known, plan)) {
      if (const auto parent = parent_of(relative)) kept.insert(*parent);
      continue;
    }
    std::vector<Step> steps;
    DestroySnapshots destroy;
    destroy.side = Side::target;
    destroy.root = target.root;
    destroy.relative = relative;
    for (const Snapshot& snapshot : there.snapshots) destroy.names.push_back(snapshot.name);
    destroy.count = destroy.names.size();
    plan.snapshots += destroy.count;
    steps.emplace_back(std::move(destroy));
    steps.emplace_back(DestroyDataset{target.full_name(relative)});
    plan.datasets.push_back(std::move(steps));
    ++gone;
  }
  if (!force_destroy_lots && gone * 100 > target.datasets.size() * config.destroy_limit_percent) {
    plan.refusals.push_back(
        std::to_string(gone) + " of the " + std::to_string(target.datasets.size()) + " datasets of " + target.root +
        " are gone from the source and would be destroyed at the target at once, which is more than " +
        std::to_string(config.destroy_limit_percent) + " %. None of them was. " + advice_on_force(config.others));
    plan.datasets.clear();
    plan.snapshots = 0;
  }
  return plan;
}

}  // namespace czb
