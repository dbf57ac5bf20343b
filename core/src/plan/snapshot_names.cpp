// SPDX-License-Identifier: MIT
#include "plan/snapshot_names.h"

#include <algorithm>
#include <set>

namespace czb {
namespace {

using Renames = std::vector<std::pair<std::string, std::string>>;

// Those that wait for each other are turned round through a name that nobody has. A run that ends in between leaves a
// snapshot of that name, which the next one knows by its guid.
std::string name_between(const std::string& name, const std::set<std::string>& taken) {
  std::string between = name + ".moved";
  while (taken.count(between) != 0) between += ".moved";
  return between;
}

// Without those whose new name stays taken, by one that keeps it or by one that waits for such a name itself.
Renames possible(Renames wanted, const std::set<std::string>& taken) {
  for (bool dropped = true; dropped;) {
    std::set<std::string> kept = taken;
    for (const auto& [from, to] : wanted) kept.erase(from);
    dropped = std::erase_if(wanted, [&](const auto& each) { return kept.count(each.second) != 0; }) > 0;
  }
  return wanted;
}

Renames in_order(Renames wanted, std::set<std::string> taken) {
  Renames ordered;
  while (!wanted.empty()) {
    auto next =
        std::find_if(wanted.begin(), wanted.end(), [&](const auto& each) { return taken.count(each.second) == 0; });
    const bool all_wait = next == wanted.end();
    if (all_wait) next = wanted.begin();
    const std::string to = all_wait ? name_between(next->second, taken) : next->second;
    taken.erase(next->first);
    taken.insert(to);
    ordered.emplace_back(next->first, to);
    if (all_wait)
      next->first = to;
    else
      wanted.erase(next);
  }
  return ordered;
}

}  // namespace

NewNames new_names(const Dataset& here, const Dataset& there, const Snapshot& common) {
  const std::uint64_t base = there.find_by_guid(common.guid)->createtxg;
  NewNames found;
  Renames wanted;
  std::set<std::string> claimed;  // what is to come has these names, or what is to be renamed
  std::set<std::string> taken;    // at the target, but for what is in the way
  for (const Snapshot& snapshot : here.snapshots)
    if (snapshot.createtxg > common.createtxg) claimed.insert(snapshot.name);
  for (const Snapshot& snapshot : there.snapshots) {
    const Snapshot* same = here.find_by_guid(snapshot.guid);
    if (same == nullptr || same->name == snapshot.name) continue;
    wanted.emplace_back(snapshot.name, same->name);
    claimed.insert(same->name);
  }
  for (const Snapshot& snapshot : there.snapshots) {
    const bool gone = here.find_by_guid(snapshot.guid) == nullptr;
    if (gone && snapshot.createtxg < base && claimed.count(snapshot.name) != 0)
      found.in_the_way.push_back(&snapshot);
    else
      taken.insert(snapshot.name);
  }
  found.renames = in_order(possible(std::move(wanted), taken), taken);
  return found;
}

std::vector<const Snapshot*> bearing_names_to_come(const Dataset& here, const Dataset& there, const Snapshot& common) {
  std::vector<const Snapshot*> found;
  for (const Snapshot& snapshot : there.snapshots) {
    const Snapshot* fresh = here.find_by_name(snapshot.name);
    if (fresh != nullptr && fresh->createtxg > common.createtxg && fresh->guid != snapshot.guid)
      found.push_back(&snapshot);
  }
  return found;
}

}  // namespace czb
