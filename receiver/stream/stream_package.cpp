// SPDX-License-Identifier: MIT
#include "receiver/stream/stream_package.h"

#include <algorithm>
#include <map>
#include <utility>

#include "receiver/answer.h"
#include "receiver/stream/nvlist.h"
#include "zfs/inventory.h"
#include "zfs/names.h"

namespace czb::receiver {
namespace {

[[noreturn]] void invalid(const std::string& why) { throw Refused("invalid stream (its header: " + why + ")"); }

// A reader that takes a name or type for something else than zfs receive does would be fooled: all must be as known.
void expect(const NvPair& pair, NvType type) {
  if (pair.type != type) invalid("'" + visible(pair.name, 60) + "' is of another type than it should be");
}

[[noreturn]] void unknown(const NvPair& pair) {
  invalid("it has '" + visible(pair.name, 60) + "', which is not known");
}

void take_snapshots(const NvPair& pair, PackedDataset& dataset) {
  expect(pair, NvType::list);
  for (const NvPair& snapshot : pair.list) {
    expect(snapshot, NvType::number);
    if (snapshot_name_error(snapshot.name)) invalid("'" + visible(snapshot.name, 60) + "' is no name of a snapshot");
    dataset.snapshots.push_back({std::string(snapshot.name), snapshot.number, std::nullopt});
  }
}

// zfs receive 2.1 copies it to a buffer of 256 bytes.
void check_key_location(const NvPair& pair) {
  constexpr std::size_t longest = 255;
  expect(pair, NvType::text);
  // Root here would fetch it from wherever the sender says.
  if (pair.text.substr(0, 7) == "http://" || pair.text.substr(0, 8) == "https://")
    throw Refused("the stream has a keylocation in the network: '" + visible(pair.text, 60) +
                  "'. Set it to prompt, or to a file, at the source");
  const bool known = pair.text == "prompt" || pair.text == "none" || pair.text.substr(0, 8) == "file:///";
  const bool printable = std::all_of(pair.text.begin(), pair.text.end(), [](char c) { return c > ' ' && c < '\x7f'; });
  if (!known || !printable || pair.text.size() > longest)
    throw Refused("the stream has a keylocation that is none: '" + visible(pair.text, 60) + "'");
}

PackedProperties take_properties(const NvPair& pair) {
  expect(pair, NvType::list);
  PackedProperties properties;
  for (const NvPair& property : pair.list) {
    if (property.name == "keylocation") check_key_location(property);
    if (property.type == NvType::number)
      properties.push_back({std::string(property.name), property.number});
    else if (property.type == NvType::text)
      properties.push_back({std::string(property.name), std::string(property.text)});
    else
      invalid("the property '" + visible(property.name, 60) + "' is neither a text nor a number");
  }
  return properties;
}

// Of snapshots their properties, in the order of the snapshots. zfs sets none but a user's on a snapshot.
void take_snapshot_properties(const NvPair& pair, PackedDataset& dataset) {
  expect(pair, NvType::list);
  auto snapshot = dataset.snapshots.begin();
  for (const NvPair& each : pair.list) {
    while (snapshot != dataset.snapshots.end() && snapshot->name != each.name) ++snapshot;
    if (snapshot == dataset.snapshots.end())
      invalid("properties of '" + visible(each.name, 60) + "', a snapshot that it does not list, or not there");
    snapshot->properties = take_properties(each);
    ++snapshot;
  }
}

std::string relative_to(const std::string& top, std::string_view name) {
  const std::optional<std::string> relative =
      dataset_name_error(name) ? std::nullopt : relative_name(std::string(name), top);
  if (!relative) invalid("'" + visible(name, 60) + "' is no dataset of the tree " + top);
  return *relative;
}

// "0x" and a number.
void check_id(std::string_view id) {
  constexpr std::size_t longest = 18;
  if (id.substr(0, 2) != "0x" || id.size() < 3 || id.size() > longest ||
      id.substr(2).find_first_not_of("0123456789abcdef") != std::string_view::npos)
    invalid("'" + visible(id, 60) + "' is no dataset's guid");
}

PackedDataset take_dataset(const NvPair& pair, const std::string& top) {
  expect(pair, NvType::list);
  check_id(pair.name);
  PackedDataset dataset;
  dataset.id = pair.name;
  std::optional<std::string> relative;
  const NvPair* snapshot_properties = nullptr;
  bool has_snapshots = false;
  bool has_parent = false;
  for (const NvPair& part : pair.list) {
    if (part.name == "name") {
      expect(part, NvType::text);
      relative = relative_to(top, part.text);
    } else if (part.name == "parentfromsnap") {
      expect(part, NvType::number);
      dataset.parent_from = part.number;
      has_parent = true;
    } else if (part.name == "origin") {
      expect(part, NvType::number);
      dataset.origin = part.number;
    } else if (part.name == "props") {
      dataset.properties = take_properties(part);
    } else if (part.name == "snaps") {
      take_snapshots(part, dataset);
      has_snapshots = true;
    } else if (part.name == "snapprops") {
      snapshot_properties = &part;
    } else if (part.name == "is_encroot") {
      expect(part, NvType::boolean);
      dataset.is_encryption_root = true;
    } else {
      unknown(part);
    }
  }
  if (!relative || !has_snapshots || !has_parent || snapshot_properties == nullptr)
    invalid("a dataset is not complete");
  dataset.relative = *relative;
  take_snapshot_properties(*snapshot_properties, dataset);
  return dataset;
}

// Each that is not known is asked of zfs.
void check_property_count(const Package& package) {
  constexpr std::size_t most = 1000;
  if (property_names(package).size() > most) invalid("it has more than " + std::to_string(most) + " properties");
}

void check_doubles(const Package& package) {
  std::set<std::string_view> names;
  std::map<std::uint64_t, std::string> owners;  // guid → dataset
  for (const PackedDataset& dataset : package.datasets) {
    if (!names.insert(dataset.relative).second)
      invalid("the dataset '" + visible(dataset.relative) + "' is there twice");
    for (const PackedSnapshot& snapshot : dataset.snapshots) {
      const auto [owner, is_new] = owners.emplace(snapshot.guid, dataset.relative);
      if (!is_new)
        throw Refused("the stream lists one snapshot twice, as '" + visible(owner->second) + "' and as '" +
                      visible(dataset.relative + "@" + snapshot.name) +
                      "', and zfs receive could take the one for the other. Where one is a copy of the other at the "
                      "sender, leave it out of the tree that is sent");
    }
  }
}

// Each dataset's parent is there too, and what it says of the parent's base is what the parent says: zfs receive moves
// a dataset to another parent where it is not.
void check_parents(const Package& package) {
  std::map<std::string_view, std::optional<std::uint64_t>> bases;
  for (const PackedDataset& dataset : package.datasets) {
    const PackedSnapshot* base = package.from ? dataset.find(*package.from) : nullptr;
    if (base == nullptr) base = dataset.find(package.to);
    bases.emplace(dataset.relative, base == nullptr ? std::nullopt : std::optional(base->guid));
  }
  for (const PackedDataset& dataset : package.datasets) {
    if (dataset.relative.empty()) continue;
    const auto parent = bases.find(*parent_of(dataset.relative));
    if (parent == bases.end()) invalid("the parent of '" + visible(dataset.relative) + "' is not there");
    if (dataset.parent_from != 0 && parent->second != dataset.parent_from)
      invalid("'" + visible(dataset.relative) + "' builds on another parent than its own");
  }
}

NvList properties_list(const PackedProperties& properties) {
  NvList list;
  for (const PackedProperty& property : properties) {
    const auto* const number = std::get_if<std::uint64_t>(&property.value);
    list.push_back(number != nullptr ? nv_number(property.name, *number)
                                     : nv_text(property.name, std::get<std::string>(property.value)));
  }
  return list;
}

// `name`: in full. In the order of send_iterate_fs.
NvList dataset_list(const PackedDataset& dataset, std::string_view name) {
  NvList list = {nv_text("name", name), nv_number("parentfromsnap", dataset.parent_from)};
  if (dataset.origin != 0) list.push_back(nv_number("origin", dataset.origin));
  if (dataset.is_encryption_root) list.push_back(nv_boolean("is_encroot"));
  if (dataset.properties) list.push_back(nv_list("props", properties_list(*dataset.properties)));
  NvList snapshots;
  NvList properties;
  for (const PackedSnapshot& snapshot : dataset.snapshots) {
    snapshots.push_back(nv_number(snapshot.name, snapshot.guid));
    if (snapshot.properties) properties.push_back(nv_list(snapshot.name, properties_list(*snapshot.properties)));
  }
  list.push_back(nv_list("snaps", std::move(snapshots)));
  list.push_back(nv_list("snapprops", std::move(properties)));
  return list;
}

}  // namespace

Package parse_package(std::string_view payload, const std::string& top) {
  const NvList list = parse_nvlist(payload);
  Package package;
  package.recursive = true;
  bool has_to = false;
  const NvPair* datasets = nullptr;
  for (const NvPair& pair : list) {
    if (pair.name == "fromsnap" || pair.name == "tosnap") {
      expect(pair, NvType::text);
      if (snapshot_name_error(pair.text)) invalid("'" + visible(pair.text, 60) + "' is no name of a snapshot");
      if (pair.name == "fromsnap")
        package.from = pair.text;
      else
        package.to = pair.text;
      has_to |= pair.name == "tosnap";
    } else if (pair.name == "not_recursive") {
      expect(pair, NvType::boolean);
      package.recursive = false;
    } else if (pair.name == "raw") {
      expect(pair, NvType::boolean);
      package.raw = true;
    } else if (pair.name == "fss") {
      expect(pair, NvType::list);
      datasets = &pair;
    } else {
      unknown(pair);
    }
  }
  if (!has_to || datasets == nullptr) invalid("it is not complete");
  for (const NvPair& dataset : datasets->list) package.datasets.push_back(take_dataset(dataset, top));
  if (package.find("") == nullptr) invalid("the tree's top is not there");
  check_property_count(package);
  check_doubles(package);
  check_parents(package);
  return package;
}

std::string encode_package(const Package& package, const std::string& top) {
  std::vector<std::string> names;
  for (const PackedDataset& dataset : package.datasets)
    names.push_back(dataset.relative.empty() ? top : top + "/" + dataset.relative);
  NvList datasets;
  for (std::size_t i = 0; i < names.size(); ++i)
    datasets.push_back(nv_list(package.datasets[i].id, dataset_list(package.datasets[i], names[i])));
  NvList list;
  if (package.from) list.push_back(nv_text("fromsnap", *package.from));
  list.push_back(nv_text("tosnap", package.to));
  if (!package.recursive) list.push_back(nv_boolean("not_recursive"));
  if (package.raw) list.push_back(nv_boolean("raw"));
  list.push_back(nv_list("fss", std::move(datasets)));
  return encode_nvlist(list);
}

const PackedSnapshot* PackedDataset::find(std::string_view name) const {
  const auto found =
      std::find_if(snapshots.begin(), snapshots.end(), [&](const PackedSnapshot& each) { return each.name == name; });
  return found == snapshots.end() ? nullptr : &*found;
}

const PackedDataset* Package::find(std::string_view relative) const {
  const auto found = std::find_if(datasets.begin(), datasets.end(),
                                  [&](const PackedDataset& each) { return each.relative == relative; });
  return found == datasets.end() ? nullptr : &*found;
}

std::set<std::string> property_names(const Package& package) {
  std::set<std::string> names;
  for (const PackedDataset& dataset : package.datasets)
    if (dataset.properties)
      for (const PackedProperty& property : *dataset.properties) names.insert(property.name);
  return names;
}

}  // namespace czb::receiver
