// SPDX-License-Identifier: MIT
#include "receiver/stream_package.h"

#include <algorithm>

#include "receiver/answer.h"
#include "receiver/nvlist.h"
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
    dataset.snapshots.emplace(snapshot.name, snapshot.number);
    dataset.guids.push_back(snapshot.number);
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

constexpr std::size_t most_properties = 1000;

void take_properties(const NvPair& pair, std::set<std::string>& names) {
  expect(pair, NvType::list);
  for (const NvPair& property : pair.list) {
    if (property.name == "keylocation")
      check_key_location(property);
    else if (property.type != NvType::text && property.type != NvType::number)
      invalid("the property '" + visible(property.name, 60) + "' is neither a text nor a number");
    names.emplace(property.name);
    // Each that is not known is asked of zfs.
    if (names.size() > most_properties) invalid("it has more than " + std::to_string(most_properties) + " properties");
  }
}

// Of each snapshot its properties. zfs sets none but a user's on a snapshot.
void check_snapshot_properties(const NvPair& pair) {
  expect(pair, NvType::list);
  std::set<std::string> ignored;
  for (const NvPair& snapshot : pair.list) take_properties(snapshot, ignored);
}

std::string relative_to(const std::string& top, std::string_view name) {
  const std::optional<std::string> relative =
      dataset_name_error(name) ? std::nullopt : relative_name(std::string(name), top);
  if (!relative) invalid("'" + visible(name, 60) + "' is no dataset of the tree " + top);
  return *relative;
}

void take_dataset(const NvPair& pair, const std::string& top, Package& package) {
  expect(pair, NvType::list);
  PackedDataset dataset;
  std::optional<std::string> relative;
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
      take_properties(part, package.properties);
    } else if (part.name == "snaps") {
      take_snapshots(part, dataset);
      has_snapshots = true;
    } else if (part.name == "snapprops") {
      check_snapshot_properties(part);
    } else if (part.name == "is_encroot") {
      expect(part, NvType::boolean);
      dataset.is_encryption_root = true;
    } else {
      unknown(part);
    }
  }
  if (!relative || !has_snapshots || !has_parent) invalid("a dataset is not complete");
  if (!package.datasets.emplace(*relative, std::move(dataset)).second)
    invalid("the dataset '" + visible(*relative) + "' is there twice");
}

// Each dataset's parent is there too, and what it says of the parent's base is what the parent says: zfs receive moves
// a dataset to another parent where it is not.
void check_parents(const Package& package) {
  for (const auto& [relative, dataset] : package.datasets) {
    if (relative.empty()) continue;
    const auto parent = package.datasets.find(*parent_of(relative));
    if (parent == package.datasets.end()) invalid("the parent of '" + visible(relative) + "' is not there");
    const auto& snapshots = parent->second.snapshots;
    auto base = package.from ? snapshots.find(*package.from) : snapshots.end();
    if (base == snapshots.end()) base = snapshots.find(package.to);
    if (dataset.parent_from != 0 && (base == snapshots.end() || base->second != dataset.parent_from))
      invalid("'" + visible(relative) + "' builds on another parent than its own");
  }
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
  for (const NvPair& dataset : datasets->list) take_dataset(dataset, top, package);
  if (package.datasets.count("") == 0) invalid("the tree's top is not there");
  check_parents(package);
  return package;
}

}  // namespace czb::receiver
