// SPDX-License-Identifier: MIT
#include "libzfs/listing.h"

#include <optional>

namespace czb::libzfs {
namespace {

std::optional<std::string> relative_to(const std::string& name, const std::string& top) {
  if (name == top) return "";
  return is_below(name, top) ? std::optional(name.substr(top.size() + 1)) : std::nullopt;
}

}  // namespace

receiver::PresentTree present_tree(const Pool& pool, const std::string& top, bool recursive) {
  receiver::PresentTree tree;
  for (const Dataset& dataset : pool.datasets) {
    const std::optional<std::string> relative = relative_to(dataset.name, top);
    if (!relative || (!recursive && !relative->empty())) continue;
    receiver::PresentDataset& present = tree[*relative];
    present.guid = dataset.guid;
    present.is_volume = dataset.is_volume;
    for (const Snapshot& each : dataset.snapshots) present.snapshots.emplace(each.guid, each.name);
    if (dataset.origin != 0)
      present.origin = pool.owner_of(dataset.origin)->name + "@" + pool.snapshot_of(dataset.origin)->name;
    if (dataset.key != 0) present.encryption_root = pool.find(pool.keys.at(dataset.key).root)->name;
  }
  return tree;
}

std::map<std::string, std::uint64_t> snapshots_in(const Pool& pool, const std::string& top) {
  std::map<std::string, std::uint64_t> snapshots;
  for (const Dataset& dataset : pool.datasets)
    if (relative_to(dataset.name, top))
      for (const Snapshot& each : dataset.snapshots) snapshots[dataset.name + "@" + each.name] = each.guid;
  return snapshots;
}

std::set<std::string> volumes_in(const Pool& pool, const std::string& top) {
  std::set<std::string> volumes;
  for (const Dataset& dataset : pool.datasets)
    if (dataset.is_volume && relative_to(dataset.name, top)) volumes.insert(dataset.name);
  return volumes;
}

receiver::KeyLocations key_locations(const Pool& pool, const std::string& top) {
  receiver::KeyLocations locations;
  for (const Dataset& dataset : pool.datasets)
    if (const auto relative = relative_to(dataset.name, top))
      locations[*relative] = pool.is_own_root(dataset) ? dataset.key_location : "none";
  return locations;
}

}  // namespace czb::libzfs
