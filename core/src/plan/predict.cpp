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

// The target takes over the snapshots of `here` after `base` (null: all) up to `to`.
void receive(const Dataset& here, const Snapshot* base, const Snapshot& to, Dataset& there, std::uint64_t& txg) {
  for (const Snapshot& s : here.snapshots) {
    if (base != nullptr && s.createtxg <= base->createtxg) continue;
    if (s.createtxg > to.createtxg || there.find_by_guid(s.guid) != nullptr) continue;
    Snapshot received = s;
    received.createtxg = ++txg;
    received.holds = 0;
    received.has_clones = false;
    there.snapshots.push_back(std::move(received));
  }
}

// The dataset of the target, made where it is missing.
Dataset& dataset_at(const std::string& relative, const Dataset& here, Inventory& target, std::uint64_t& txg) {
  auto [where, is_new] = target.datasets.try_emplace(relative);
  if (is_new) {
    where->second.kind = here.kind;
    where->second.createtxg = ++txg;
  }
  return where->second;
}

}  // namespace

void predict(const TakeSnapshot& step, Inventory& source) {
  std::uint64_t txg = newest_txg(source) + 1;
  for (auto& [relative, dataset] : source.datasets) {
    const std::string name = source.full_name(relative);
    if (!step.datasets.empty() && std::find(step.datasets.begin(), step.datasets.end(), name) == step.datasets.end())
      continue;
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
  for (const auto& [relative, here] : source.datasets) {
    const Snapshot* to = here.find_by_name(step.to);
    if (to == nullptr) continue;
    const bool is_new = target.find(relative) == nullptr;
    const Snapshot* base = is_new || !step.base ? nullptr : here.find_by_name(*step.base);
    receive(here, base, *to, dataset_at(relative, here, target, txg), txg);
  }
}

void predict(const SendDataset& step, const Inventory& source, Inventory& target) {
  const std::optional<std::string> relative = relative_name(step.source, source.root);
  const Dataset* here = relative ? source.find(*relative) : nullptr;
  const Snapshot* to = here == nullptr ? nullptr : here->find_by_name(step.to);
  if (to == nullptr) return;
  if (relative->empty()) target.root = step.target;
  std::uint64_t txg = newest_txg(target);
  Dataset& there = dataset_at(*relative, *here, target, txg);
  // All but -I carry the one snapshot.
  const Snapshot* base = step.from == SendFrom::snapshot ? here->find_by_name(step.base) : nullptr;
  if (base == nullptr && to != &here->snapshots.front()) base = to - 1;
  receive(*here, base, *to, there, txg);
  if (step.from == SendFrom::origin)
    if (auto origin = relative_name(step.base.substr(0, step.base.find('@')), source.root))
      there.origin = target.full_name(*origin) + step.base.substr(step.base.find('@'));
}

void predict(const ResumeSend& step, const Inventory& source, Inventory& target) {
  const std::optional<std::string> relative = relative_name(step.target, target.root);
  auto found = relative ? target.datasets.find(*relative) : target.datasets.end();
  const Dataset* here = relative ? source.find(*relative) : nullptr;
  const Snapshot* to = here == nullptr ? nullptr : here->find_by_name(step.to);
  if (to == nullptr || found == target.datasets.end()) return;
  std::uint64_t txg = newest_txg(target);
  receive(*here, to == &here->snapshots.front() ? nullptr : to - 1, *to, found->second, txg);
  found->second.resume_token.clear();
  found->second.partial.reset();
  found->second.written = 0;
}

namespace {

// The dataset of the target, by its full name; null where there is none.
Dataset* find_full(Inventory& inventory, const std::string& full_name) {
  const std::optional<std::string> relative = relative_name(full_name, inventory.root);
  auto found = relative ? inventory.datasets.find(*relative) : inventory.datasets.end();
  return found == inventory.datasets.end() ? nullptr : &found->second;
}

}  // namespace

void predict(const PushPlan& plan, const Inventory& source, Inventory& target) {
  const auto each = [&](const std::vector<Step>& steps) {
    for (const Step& step : steps) {
      if (const auto* send = std::get_if<SendDataset>(&step)) predict(*send, source, target);
      if (const auto* rest = std::get_if<ResumeSend>(&step)) predict(*rest, source, target);
    }
  };
  for (const DatasetPlan& dataset : plan.datasets) each(dataset.steps);
  if (plan.send) predict(*plan.send, source, target);
  for (const DatasetPlan& dataset : plan.datasets) each(dataset.then);
}

void predict(const AbortReceive& step, Inventory& target) {
  Dataset* there = find_full(target, step.target);
  if (there == nullptr) return;
  there->resume_token.clear();
  there->partial.reset();
  if (there->snapshots.empty()) target.datasets.erase(*relative_name(step.target, target.root));
}

void predict(const RenameDataset& step, Inventory& target) {
  std::map<std::string, Dataset> renamed;
  for (auto& [relative, dataset] : target.datasets) {
    std::string name = target.full_name(relative);
    if (name == step.from || is_below(name, step.from)) name = step.to + name.substr(step.from.size());
    const std::size_t at = dataset.origin.find('@');
    const std::string origin = dataset.origin.substr(0, at);
    if (origin == step.from || (!origin.empty() && is_below(origin, step.from)))
      dataset.origin = step.to + dataset.origin.substr(step.from.size());
    renamed[relative_name(name, target.root).value_or(relative)] = std::move(dataset);
  }
  target.datasets = std::move(renamed);
}

void predict(const RenameSnapshot& step, Inventory& target) {
  for (auto& [relative, dataset] : target.datasets) {
    const std::string name = target.full_name(relative);
    if (name != step.dataset && !(step.recursive && is_below(name, step.dataset))) continue;
    for (Snapshot& snapshot : dataset.snapshots)
      if (snapshot.name == step.from) snapshot.name = step.to;
    for (auto& [other, clone] : target.datasets)
      if (clone.origin == name + "@" + step.from) clone.origin = name + "@" + step.to;
  }
}

void predict(const PromoteDataset& step, Inventory& target) {
  Dataset* clone = find_full(target, step.dataset);
  if (clone == nullptr) return;
  const std::string origin = clone->origin;
  Dataset* parent = find_full(target, origin.substr(0, origin.find('@')));
  const Snapshot* shared = parent == nullptr ? nullptr : parent->find_by_name(origin.substr(origin.find('@') + 1));
  if (shared == nullptr) return;
  const auto end = parent->snapshots.begin() + (shared - parent->snapshots.data()) + 1;
  std::vector<Snapshot> moved(parent->snapshots.begin(), end);
  moved.back().has_clones = true;
  parent->snapshots.erase(parent->snapshots.begin(), end);
  const std::string parent_name = origin.substr(0, origin.find('@'));
  clone->snapshots.insert(clone->snapshots.begin(), moved.begin(), moved.end());
  clone->origin = parent->origin;
  for (auto& [relative, other] : target.datasets)
    for (const Snapshot& snapshot : moved)
      if (other.origin == parent_name + "@" + snapshot.name) other.origin = step.dataset + "@" + snapshot.name;
  parent->origin = step.dataset + origin.substr(origin.find('@'));
}

void predict(const RollBack& step, Inventory& target) {
  if (Dataset* there = find_full(target, step.dataset)) there->written = 0;
}

void predict(const DestroyDataset& step, Inventory& target) {
  if (const auto relative = relative_name(step.dataset, target.root)) target.datasets.erase(*relative);
}

void predict(const DestroyBookmark& step, Inventory& source) {
  if (Dataset* here = find_full(source, step.dataset))
    std::erase_if(here->bookmarks, [&](const Bookmark& bookmark) { return bookmark.name == step.bookmark; });
}

void predict(const RecordBase& step, Inventory& source) {
  auto found = source.datasets.find("");
  if (found != source.datasets.end()) found->second.user_properties[step.property()] = step.value();
}

}  // namespace czb
