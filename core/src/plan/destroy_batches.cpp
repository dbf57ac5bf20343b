// SPDX-License-Identifier: MIT
#include "plan/destroy_batches.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

namespace czb {
namespace {

// For each snapshot name: the datasets that have it and may keep it.
using Keepers = std::unordered_map<std::string, std::vector<const std::string*>>;

Keepers keepers_of(const Inventory& inventory, const Doomed& doomed) {
  std::unordered_set<std::string> interesting;
  for (const auto& [relative, names] : doomed) interesting.insert(names.begin(), names.end());
  Keepers keepers;
  for (const auto& [relative, dataset] : inventory.datasets) {
    auto mine = doomed.find(relative);
    for (const Snapshot& s : dataset.snapshots)
      if (interesting.count(s.name) != 0 && (mine == doomed.end() || mine->second.count(s.name) == 0))
        keepers[s.name].push_back(&relative);
  }
  return keepers;
}

bool is_in_subtree(const std::string& relative, const std::string& top) {
  return top.empty() || relative == top ||
         (relative.size() > top.size() && relative.compare(0, top.size(), top) == 0 && relative[top.size()] == '/');
}

struct Batcher {
  Side side;
  const Inventory& inventory;
  std::size_t longest_word;
  std::vector<DestroySnapshots> batches;

  DestroySnapshots empty_batch(const std::string& relative, bool recursive) const {
    DestroySnapshots batch;
    batch.side = side;
    batch.root = inventory.root;
    batch.relative = relative;
    batch.recursive = recursive;
    return batch;
  }

  // `names`: name → how many snapshots go with it.
  void add(const std::string& relative, bool recursive, const std::vector<std::pair<std::string, std::size_t>>& names) {
    DestroySnapshots batch = empty_batch(relative, recursive);
    std::size_t length = 0;
    for (const auto& [name, count] : names) {
      if (!batch.names.empty() && length + 1 + name.size() > longest_word) {
        batches.push_back(batch);
        batch = empty_batch(relative, recursive);
      }
      if (batch.names.empty()) length = batch.dataset().size();
      length += 1 + name.size();
      batch.names.push_back(name);
      batch.count += count;
    }
    if (!batch.names.empty()) batches.push_back(batch);
  }
};

}  // namespace

std::vector<DestroySnapshots> destroy_batches(Side side, const Inventory& inventory, const Doomed& doomed,
                                              std::size_t longest_word) {
  const Keepers keepers = keepers_of(inventory, doomed);
  Doomed left = doomed;
  Batcher batcher{side, inventory, longest_word, {}};
  for (const auto& entry : inventory.datasets) {  // parents before children
    const std::string& relative = entry.first;
    const Dataset& dataset = entry.second;
    auto mine = left.find(relative);
    if (mine == left.end()) continue;
    auto first_below = inventory.datasets.upper_bound(relative);
    std::vector<std::pair<std::string, std::size_t>> alone;
    std::vector<std::pair<std::string, std::size_t>> whole_subtree;
    std::unordered_map<std::string, std::size_t> wanted;  // name → snapshots that a recursive destroy would take
    for (const std::string& name : mine->second) wanted[name] = 1;
    std::vector<std::set<std::string>*> below;
    for (auto it = first_below; it != inventory.datasets.end(); ++it) {
      if (!is_in_subtree(it->first, relative)) {
        // Not contiguous: "a b" and "a-b" sort between "a" and "a/c".
        if (it->first.compare(0, relative.size(), relative) != 0) break;
        continue;
      }
      auto theirs = left.find(it->first);
      if (theirs == left.end()) continue;
      below.push_back(&theirs->second);
      for (const std::string& name : theirs->second)
        if (auto found = wanted.find(name); found != wanted.end()) ++found->second;
    }
    for (const Snapshot& s : dataset.snapshots) {
      if (mine->second.count(s.name) == 0) continue;
      std::size_t count = wanted[s.name];
      auto kept_by = keepers.find(s.name);
      bool kept_below = kept_by != keepers.end() &&
                        std::any_of(kept_by->second.begin(), kept_by->second.end(),
                                    [&](const std::string* keeper) { return is_in_subtree(*keeper, relative); });
      if (count > 1 && !kept_below) {
        whole_subtree.emplace_back(s.name, count);
        for (std::set<std::string>* names : below) names->erase(s.name);
      } else {
        alone.emplace_back(s.name, 1);
      }
    }
    batcher.add(relative, true, whole_subtree);
    batcher.add(relative, false, alone);
  }
  return batcher.batches;
}

}  // namespace czb
