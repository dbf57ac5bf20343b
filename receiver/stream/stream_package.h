// SPDX-License-Identifier: MIT
// What a stream with properties (-p) or of a tree (-R) says at its beginning about what it will bring: the nvlist that
// libzfs_sendrecv.c, send_prelim_records, writes. As values: all that zfs receive reads of it, and nothing else.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace czb::receiver {

using PropertyValue = std::variant<std::uint64_t, std::string>;

struct PackedProperty {
  std::string name;
  PropertyValue value;
  bool operator==(const PackedProperty&) const = default;
};

// Each name once, in the order of the header.
using PackedProperties = std::vector<PackedProperty>;

struct PackedSnapshot {
  std::string name;
  std::uint64_t guid = 0;
  std::optional<PackedProperties> properties;  // nothing: the header lists none for it, not even an empty list
  bool operator==(const PackedSnapshot&) const = default;
};

struct PackedDataset {
  std::string id;        // "0x" and the guid of the sender's dataset
  std::string relative;  // its name below the tree's top
  // Those that it has, oldest first: of a tree all of them, not only those that are sent.
  std::vector<PackedSnapshot> snapshots;
  std::uint64_t parent_from = 0;  // guid of the parent's base, or of its newest where it has no base
  std::uint64_t origin = 0;       // guid of the snapshot that it is a clone of; 0: it is none
  bool is_encryption_root = false;
  std::optional<PackedProperties> properties;  // nothing: sent without; zfs receive then leaves those here as they are

  const PackedSnapshot* find(std::string_view name) const;
  bool operator==(const PackedDataset&) const = default;
};

struct Package {
  std::optional<std::string> from;  // the base's name, of an increment
  std::string to;
  bool recursive = false;
  bool raw = false;
  std::vector<PackedDataset> datasets;  // each name and each id once, in the order of the header

  const PackedDataset* find(std::string_view relative) const;
  bool operator==(const Package&) const = default;
};

// The most bytes that it may have: enough for more than 100,000 snapshots, and little enough for any host's memory.
inline constexpr std::uint64_t largest_package = std::uint64_t{16} << 20;

// `payload`: of the stream's first record; `top`: the name of the sender's dataset there. Throws Refused when it is
// malformed, has a part that no known zfs send writes, names a dataset that is not in `top`, or lists a guid twice: zfs
// receive, which looks for datasets by guid, would take the first of the two.
Package parse_package(std::string_view payload, const std::string& top);

// The payload again, as zfs send writes it.
std::string encode_package(const Package& package, const std::string& top);

// Of all properties that occur in it for any dataset, not those of snapshots.
std::set<std::string> property_names(const Package& package);

}  // namespace czb::receiver
