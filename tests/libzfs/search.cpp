// SPDX-License-Identifier: MIT
#include "libzfs/search.h"

#include <string_view>

namespace czb::libzfs {
namespace {

struct Search {
  const Pool& pool;
  Guid guid;
  std::string skip = {};
  std::string found = {};

  // zfs_iter_children: snapshots come first.
  bool looks_below(const Dataset& dataset) {
    for (const Snapshot& snapshot : dataset.snapshots) {
      if (snapshot.guid != guid) continue;
      found = dataset.name + "@" + snapshot.name;
      return true;
    }
    for (const Dataset& each : pool.datasets)
      if (is_child(each.name, dataset.name) && looks_at(each)) return true;
    return false;
  }

  // guid_to_name_cb
  bool looks_at(const Dataset& dataset) {
    const std::size_t slash = dataset.name.rfind('/');
    if (!skip.empty() && slash != std::string::npos && std::string_view(dataset.name).substr(slash + 1) == skip)
      return false;
    if (dataset.guid == guid) {
      found = dataset.name;
      return true;
    }
    return looks_below(dataset);
  }
};

void gather_into(std::vector<Gathered>& list, const Pool& pool, const Dataset& dataset, Guid parent_from,
                 const std::string& from, bool recursive) {
  Gathered gathered = {dataset.name, parent_from, 0, {}};
  if (const Snapshot* const origin = dataset.origin == 0 ? nullptr : pool.snapshot_of(dataset.origin))
    gathered.origin = origin->guid;
  Guid base = 0;
  for (const Snapshot& each : dataset.snapshots) {
    gathered.snapshots.emplace_back(each.name, each.guid);
    if (each.name == from) base = each.guid;
  }
  list.push_back(std::move(gathered));
  if (!recursive) return;
  for (const Dataset& each : pool.datasets)
    if (is_child(each.name, dataset.name)) gather_into(list, pool, each, base, from, recursive);
}

}  // namespace

std::optional<std::string> guid_to_name(const Pool& pool, const std::string& parent, Guid guid) {
  Search search = {pool, guid};
  std::string part = parent.substr(0, parent.rfind('@'));
  for (;;) {
    const std::size_t slash = part.rfind('/');
    if (const Dataset* const dataset = pool.find(part)) {
      if (search.looks_at(*dataset) || search.looks_below(*dataset)) return search.found;
      if (slash != std::string::npos) search.skip = part.substr(slash + 1);
    }
    if (slash == std::string::npos) return std::nullopt;
    part.resize(slash);
  }
}

std::vector<Gathered> gather(const Pool& pool, const std::string& name, const std::string& from, bool recursive) {
  std::vector<Gathered> list;
  if (const Dataset* const dataset = pool.find(name)) gather_into(list, pool, *dataset, 0, from, recursive);
  return list;
}

}  // namespace czb::libzfs
