// SPDX-License-Identifier: MIT
#include "zfs/inventory.h"

#include <algorithm>
#include <unordered_set>

namespace czb {

const Snapshot* Dataset::find_by_name(std::string_view name) const {
  // Callers look for recent snapshots: search from the newest.
  auto found = std::find_if(snapshots.rbegin(), snapshots.rend(), [&](const Snapshot& s) { return s.name == name; });
  return found == snapshots.rend() ? nullptr : &*found;
}

const Snapshot* Dataset::find_by_guid(std::uint64_t wanted) const {
  auto found = std::find_if(snapshots.rbegin(), snapshots.rend(), [&](const Snapshot& s) { return s.guid == wanted; });
  return found == snapshots.rend() ? nullptr : &*found;
}

const Dataset* Inventory::find(const std::string& relative_name) const {
  auto found = datasets.find(relative_name);
  return found == datasets.end() ? nullptr : &found->second;
}

std::string Inventory::full_name(const std::string& relative_name) const {
  return relative_name.empty() ? root : root + "/" + relative_name;
}

bool Inventory::leaves_out(const std::string& relative_name) const {
  for (std::optional<std::string> name = relative_name; name; name = parent_of(*name))
    if (excluded.count(*name) != 0) return true;
  return false;
}

std::size_t Inventory::snapshot_count() const {
  std::size_t count = 0;
  for (const auto& [name, dataset] : datasets) count += dataset.snapshots.size();
  return count;
}

bool is_below(const std::string& relative, const std::string& ancestor) {
  if (ancestor.empty()) return !relative.empty();
  return relative.size() > ancestor.size() && relative.compare(0, ancestor.size(), ancestor) == 0 &&
         relative[ancestor.size()] == '/';
}

std::optional<std::string> parent_of(const std::string& relative) {
  if (relative.empty()) return std::nullopt;
  const std::size_t slash = relative.rfind('/');
  return slash == std::string::npos ? "" : relative.substr(0, slash);
}

std::optional<std::string> relative_name(const std::string& full_name, const std::string& root) {
  if (full_name == root) return "";
  if (!is_below(full_name, root)) return std::nullopt;
  return full_name.substr(root.size() + 1);
}

const Snapshot* newest_common(const Dataset& a, const Dataset& b) {
  std::unordered_set<std::uint64_t> guids;
  guids.reserve(b.snapshots.size());
  for (const Snapshot& s : b.snapshots) guids.insert(s.guid);
  auto found = std::find_if(a.snapshots.rbegin(), a.snapshots.rend(),
                            [&](const Snapshot& s) { return guids.count(s.guid) != 0; });
  return found == a.snapshots.rend() ? nullptr : &*found;
}

std::uint64_t fingerprint(const Inventory& inventory) {
  std::uint64_t sum = 14695981039346656037U;  // FNV-1a, by words
  const auto add = [&](std::uint64_t value) { sum = (sum ^ value) * 1099511628211U; };
  for (const auto& [relative, dataset] : inventory.datasets) {
    add(std::hash<std::string>()(relative));
    add(std::hash<std::string>()(dataset.resume_token));
    add(std::hash<std::string>()(dataset.encryption_root));
    for (const Snapshot& snapshot : dataset.snapshots) add(snapshot.guid);
  }
  return sum;
}

}  // namespace czb
