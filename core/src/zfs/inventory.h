// SPDX-License-Identifier: MIT
// What one side holds, as observed at one moment. Plain values; nothing here does I/O.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace czb {

struct Snapshot {
  std::string name;             // the part after '@'
  std::uint64_t guid = 0;       // identity, the same on both sides; 0: not taken yet (a dry run's)
  std::uint64_t createtxg = 0;  // order, within one pool
  std::uint64_t holds = 0;      // user holds (userrefs)
  bool has_clones = false;
};

enum class DatasetKind { filesystem, volume };

struct Dataset {
  DatasetKind kind = DatasetKind::filesystem;
  std::uint64_t guid = 0;
  std::uint64_t createtxg = 0;
  std::string resume_token;                            // empty: no partially received state
  std::string encryption_root;                         // full name; empty: not encrypted
  std::vector<Snapshot> snapshots;                     // oldest first, by createtxg
  std::map<std::string, std::string> user_properties;  // those that were asked for and are set

  const Snapshot* find_by_name(std::string_view name) const;
  const Snapshot* find_by_guid(std::uint64_t guid) const;
  const Snapshot* newest() const { return snapshots.empty() ? nullptr : &snapshots.back(); }
};

// One tree. Keys are relative names: "" is the root, "a/b" a descendant; a parent sorts before its
// children. No datasets: the root does not exist.
struct Inventory {
  std::string root;
  std::map<std::string, Dataset> datasets;

  bool exists() const { return !datasets.empty(); }
  const Dataset* find(const std::string& relative_name) const;
  std::string full_name(const std::string& relative_name) const;
  std::size_t snapshot_count() const;
};

// The newest snapshot of `a` whose guid `b` has too; null where there is none.
const Snapshot* newest_common(const Dataset& a, const Dataset& b);

}  // namespace czb
