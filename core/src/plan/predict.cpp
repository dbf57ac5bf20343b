// SPDX-License-Identifier: MIT
#include "plan/predict.h"

#include <algorithm>
#include <unordered_set>

namespace czb {
namespace {

std::uint64_t newest_txg(const Inventory& inventory) {
  std::uint64_t newest = 0;
  for (const auto& [name, dataset] : inventory.datasets)
    newest = std::max({newest, dataset.createtxg, dataset.snapshots.empty() ? 0 : dataset.snapshots.back().createtxg});
  return newest;
}

bool is_below(const std::string& relative, const std::string& ancestor) {
  return ancestor.empty() || (relative.size() > ancestor.size() &&
                              relative.compare(0, ancestor.size(), ancestor) == 0 && relative[ancestor.size()] == '/');
}

}  // namespace

void predict(const TakeSnapshot& step, Inventory& source) {
  std::uint64_t txg = newest_txg(source) + 1;
  for (auto& [name, dataset] : source.datasets) {
    Snapshot snapshot;
    snapshot.name = step.name;
    snapshot.createtxg = txg;
    dataset.snapshots.push_back(std::move(snapshot));
  }
}

void predict(const DestroySnapshots& step, Inventory& inventory) {
  std::unordered_set<std::string> names(step.names.begin(), step.names.end());
  for (auto& [relative, dataset] : inventory.datasets) {
    if (relative != step.relative && !(step.recursive && is_below(relative, step.relative))) continue;
    std::erase_if(dataset.snapshots, [&](const Snapshot& s) { return names.count(s.name) != 0; });
  }
}

void predict(const SendTree& step, const Inventory& source, Inventory& target) {
  target.root = step.target_root;
  std::uint64_t txg = newest_txg(target);
  for (const auto& [relative, dataset] : source.datasets) {
    const Snapshot* to = dataset.find_by_name(step.to);
    if (to == nullptr) continue;
    auto [where, is_new] = target.datasets.try_emplace(relative);
    if (is_new) {
      where->second.kind = dataset.kind;
      where->second.createtxg = ++txg;
    }
    const Snapshot* base = is_new || !step.base ? nullptr : dataset.find_by_name(*step.base);
    for (const Snapshot& s : dataset.snapshots) {
      if (base != nullptr && s.createtxg <= base->createtxg) continue;
      if (s.createtxg > to->createtxg) continue;
      Snapshot received = s;
      received.createtxg = ++txg;
      received.holds = 0;
      received.has_clones = false;
      where->second.snapshots.push_back(std::move(received));
    }
  }
}

void predict(const RecordBase& step, Inventory& source) {
  auto found = source.datasets.find("");
  if (found != source.datasets.end()) found->second.user_properties[step.property] = step.value();
}

}  // namespace czb
