// SPDX-License-Identifier: MIT
#include "plan/renames.h"

#include <cstdint>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace czb {

bool is_misplaced(const Inventory& source, const Inventory& target, const std::string& relative) {
  if (relative.empty() || source.leaves_out(relative)) return false;
  const Dataset* here = source.find(relative);
  const Dataset* there = target.find(relative);
  return here == nullptr || (!there->snapshots.empty() && newest_common(*here, *there) == nullptr);
}

namespace {

// Whether it is, or is below, a dataset whose snapshots the target has in their own place as well: another backup of
// this source lies there, and nothing was renamed.
bool is_in_another_backup(const Inventory& source, const Inventory& target, const std::string& relative) {
  std::unordered_set<std::uint64_t> in_place;
  for (const auto& [name, there] : target.datasets)
    if (source.find(name) != nullptr && !is_misplaced(source, target, name))
      for (const Snapshot& snapshot : there.snapshots) in_place.insert(snapshot.guid);
  for (std::optional<std::string> above = relative; above && !above->empty(); above = parent_of(*above)) {
    const Dataset* there = target.find(*above);
    if (there == nullptr || !is_misplaced(source, target, *above)) continue;
    for (const Snapshot& snapshot : there->snapshots)
      if (in_place.count(snapshot.guid) != 0) return true;
  }
  return false;
}

}  // namespace

std::optional<std::string> name_before_rename(const Inventory& source, const Inventory& target,
                                              const std::string& relative) {
  const Dataset& here = *source.find(relative);
  for (const auto& [name, there] : target.datasets)
    if (is_misplaced(source, target, name) && !is_below(relative, name) && newest_common(here, there) != nullptr &&
        !is_in_another_backup(source, target, name))
      return name;
  return std::nullopt;
}

bool stream_would_rename(const Inventory& source, const Inventory& target) {
  std::unordered_map<std::uint64_t, std::pair<const std::string*, const std::string*>>
      names;  // guid → dataset, snapshot
  for (const auto& [relative, here] : source.datasets)
    for (const Snapshot& snapshot : here.snapshots) names[snapshot.guid] = {&relative, &snapshot.name};
  for (const auto& [relative, there] : target.datasets)
    for (const Snapshot& snapshot : there.snapshots) {
      const auto found = names.find(snapshot.guid);
      if (found == names.end()) continue;
      if (*found->second.first != relative || *found->second.second != snapshot.name) return true;
    }
  return false;
}

}  // namespace czb
