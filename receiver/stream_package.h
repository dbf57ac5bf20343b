// SPDX-License-Identifier: MIT
// What a stream with properties (-p) or of a tree (-R) says at its beginning about what it will bring: the nvlist that
// libzfs_sendrecv.c, send_prelim_records, writes.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace czb::receiver {

struct PackedDataset {
  std::map<std::string, std::uint64_t> snapshots;  // name → guid: all that it has, not only those that are sent
  std::vector<std::uint64_t> guids;                // the same, in the order of the header
  std::uint64_t parent_from = 0;                   // guid of the parent's base, or of its newest where it has no base
  std::uint64_t origin = 0;                        // guid of the snapshot that it is a clone of; 0: it is none
  bool is_encryption_root = false;
};

struct Package {
  std::optional<std::string> from;  // the base's name, of an increment
  std::string to;
  bool recursive = false;
  bool raw = false;
  std::map<std::string, PackedDataset> datasets;  // by relative name
  std::set<std::string> properties;               // names of all that occur for any dataset
};

// The most bytes that it may have: enough for more than 100,000 snapshots, and little enough for any host's memory.
inline constexpr std::uint64_t largest_package = std::uint64_t{16} << 20;

// `payload`: of the stream's first record; `top`: the name of the sender's dataset there. Throws Refused when it is
// malformed, has a part that no known zfs send writes, or names a dataset that is not in `top`.
Package parse_package(std::string_view payload, const std::string& top);

}  // namespace czb::receiver
