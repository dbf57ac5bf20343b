// SPDX-License-Identifier: MIT
#include "receiver/keys/encryption_roots.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "error.h"
#include "receiver/answer.h"
#include "receiver/stream/stream_record.h"
#include "receiver/stream/written_head.h"
#include "zfs/inventory.h"

namespace czb::receiver {
namespace {

std::string below(const std::string& dataset, const std::string& relative) {
  return relative.empty() ? dataset : dataset + "/" + relative;
}

std::optional<std::string> key_location_of(const PackedDataset& packed) {
  if (!packed.properties) return std::nullopt;
  for (const PackedProperty& property : *packed.properties)
    if (property.name == "keylocation")
      if (const auto* const text = std::get_if<std::string>(&property.value)) return *text;
  return std::nullopt;
}

// The guids that more than one dataset or snapshot of the tree has.
std::set<std::uint64_t> doubles_in(const PresentTree& present) {
  std::set<std::uint64_t> seen;
  std::set<std::uint64_t> doubles;
  const auto see = [&](std::uint64_t guid) {
    if (!seen.insert(guid).second) doubles.insert(guid);
  };
  for (const auto& [relative, dataset] : present) {
    see(dataset.guid);
    for (const auto& [guid, name] : dataset.snapshots) see(guid);
  }
  return doubles;
}

// As zfs receive does it: a clone is made no root, the tree's top does not inherit.
std::optional<RootChange> change_of(const PackedDataset& packed, const std::string& dataset,
                                    const PresentDataset& present, const KeyLocations& locations) {
  const bool is_root = present.encryption_root == below(dataset, packed.relative);
  RootChange change = {packed.relative, 0, packed.is_encryption_root, ""};
  if (!change.is_root) return is_root && !packed.relative.empty() ? std::optional(change) : std::nullopt;
  const std::optional<std::string> location = key_location_of(packed);
  if (!location || (!is_root && !present.origin.empty())) return std::nullopt;
  change.key_location = *location;
  const auto here = locations.find(packed.relative);
  const bool is_as_told = is_root && here != locations.end() && here->second == *location;
  return is_as_told ? std::nullopt : std::optional(change);
}

}  // namespace

CommandLine key_locations_command(const std::string& dataset) {
  return {"zfs", "list", "-H", "-p", "-r", "-t", "filesystem,volume", "-o", "name,keylocation", dataset};
}

KeyLocations parse_key_locations(std::string_view listing, const std::string& dataset) {
  KeyLocations locations;
  while (!listing.empty()) {
    const std::string_view line = listing.substr(0, listing.find('\n'));
    listing.remove_prefix(std::min(listing.size(), line.size() + 1));
    const std::size_t tab = line.find('\t');
    const std::optional<std::string> relative = relative_name(std::string(line.substr(0, tab)), dataset);
    if (!relative || tab == std::string_view::npos)
      throw Error(ExitCode::failed, "could not understand this line of zfs list: " + visible(line));
    locations[*relative] = line.substr(tab + 1);
  }
  return locations;
}

std::vector<RootChange> root_changes(const Package& package, const std::string& dataset, const PresentTree& present,
                                     const KeyLocations& locations, const MayBecome& may_become) {
  std::vector<RootChange> changes;
  for (const PackedDataset& packed : package.datasets) {
    const PackedSnapshot* const to = packed.find(package.to);
    const auto here = present.find(packed.relative);
    if (to == nullptr || here == present.end() || here->second.encryption_root.empty()) continue;
    const auto snapshot = here->second.snapshots.find(to->guid);
    if (snapshot == here->second.snapshots.end() || snapshot->second != to->name) continue;
    std::optional<RootChange> change = change_of(packed, dataset, here->second, locations);
    if (!change || !may_become(packed.relative, change->is_root)) continue;
    change->guid = to->guid;
    changes.push_back(std::move(*change));
  }
  if (changes.empty()) return changes;
  const std::set<std::uint64_t> doubles = doubles_in(present);
  for (const RootChange& change : changes)
    if (doubles.count(change.guid) != 0)
      throw Error(ExitCode::failed,
                  visible(below(dataset, change.relative)) + " is to " +
                      (change.is_root ? "be an encryption root" : "inherit its key from above") +
                      ", and zfs cannot be told so, for another dataset of the tree has a copy of its snapshot " +
                      visible(package.to) + ". Push again when there is a newer one");
  return changes;
}

std::string root_changes_stream(const std::vector<RootChange>& changes, const std::string& dataset,
                                const PresentDataset& top, const std::string& to) {
  Package package;
  package.to = to;
  package.recursive = true;
  package.raw = true;
  for (const RootChange& change : changes) {
    PackedDataset packed;
    packed.id = "0x" + std::to_string(package.datasets.size() + 1);
    packed.relative = change.relative;
    packed.is_encryption_root = change.is_root;
    packed.properties.emplace();
    if (change.is_root) packed.properties->push_back({"keylocation", change.key_location});
    packed.snapshots.push_back({to, change.guid, PackedProperties()});
    package.datasets.push_back(std::move(packed));
  }
  // Raw, where the top is encrypted: else the kernel wants its key before it sees that the snapshot is here.
  BeginRecord begin;
  begin.dataset = dataset;
  begin.snapshot = to;
  begin.features = top.encryption_root.empty() ? 0 : feature_raw;
  const auto here =
      std::find_if(top.snapshots.begin(), top.snapshots.end(), [&](const auto& each) { return each.second == to; });
  if (here == top.snapshots.end())
    throw Error(ExitCode::failed, visible(dataset + "@" + to) + " is not there any more");
  // An increment from itself: no dataset is made of it, and it goes on behind nothing.
  begin.to_guid = begin.from_guid = here->first;
  return package_records(dataset + "@" + to, 0, encode_package(package, dataset)) + write_begin(begin) +
         write_nothing() + write_end() + write_end();
}

}  // namespace czb::receiver
