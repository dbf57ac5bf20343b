// SPDX-License-Identifier: MIT
#include "plan/record.h"

#include <algorithm>

#include "plan/position.h"

namespace czb {
namespace {

void widen(std::optional<TxgRange>& range, std::uint64_t first, std::uint64_t last) {
  if (first > last) return;
  if (!range) range = TxgRange{first, last};
  range->first = std::min(range->first, first);
  range->last = std::max(range->last, last);
}

const Snapshot* common_of(const Inventory& target, const std::string& relative, const Dataset& here) {
  const Dataset* const there = target.find(relative);
  return there == nullptr ? nullptr : newest_common(here, *there);
}

// The newest snapshot of the root that the target has of every dataset that it continues.
const Snapshot* shared_by_all(const Inventory& source, const Inventory& target) {
  const Dataset* const root = source.find("");
  const Dataset* const root_there = target.find("");
  if (root == nullptr || root_there == nullptr) return nullptr;
  const auto is_shared = [&](const Snapshot& snapshot) {
    return root_there->find_by_guid(snapshot.guid) != nullptr &&
           std::none_of(source.datasets.begin(), source.datasets.end(), [&](const auto& entry) {
             const Snapshot* const here = entry.second.find_by_name(snapshot.name);
             return here != nullptr && common_of(target, entry.first, entry.second) != nullptr &&
                    target.find(entry.first)->find_by_guid(here->guid) == nullptr;
           });
  };
  const auto found = std::find_if(root->snapshots.rbegin(), root->snapshots.rend(), is_shared);
  return found == root->snapshots.rend() ? nullptr : &*found;
}

// What datasets continue from that is not the one which all share.
std::optional<TxgRange> bases_elsewhere(const Inventory& source, const Inventory& target, const Snapshot* shared) {
  std::optional<TxgRange> range;
  // Of a dry run: taken and sent, and no snapshot yet.
  if (shared != nullptr && shared->guid == 0) return range;
  for (const auto& [relative, here] : source.datasets)
    if (const Snapshot* const common = common_of(target, relative, here);
        common != nullptr && (shared == nullptr || common->name != shared->name))
      widen(range, common->createtxg, common->createtxg);
  return range;
}

std::optional<TargetRecord> recorded_of(const Inventory& source, const std::string& target_name) {
  return recorded(source.datasets.at("").user_properties, target_name, source.root);
}

}  // namespace

std::optional<RecordBase> record_before(const Inventory& source, const Inventory& target,
                                        const std::string& target_name, const PushPlan& plan) {
  std::optional<TxgRange> coming;
  const auto comes = [&](const std::string& relative, const Dataset& here, const std::string& to) {
    const Snapshot* const last = here.find_by_name(to);
    if (last == nullptr) return;
    const Snapshot* const common = common_of(target, relative, here);
    widen(coming, common != nullptr ? common->createtxg + 1 : here.snapshots.front().createtxg, last->createtxg);
  };
  for (const DatasetPlan& each : plan.datasets)
    if (const Dataset* const here = source.find(each.relative);
        here != nullptr && !(each.steps.empty() && each.then.empty()))
      comes(each.relative, *here, each.goal);
  if (plan.send)
    for (const auto& [relative, here] : source.datasets) comes(relative, here, plan.send->to);
  if (!coming) return std::nullopt;
  const Snapshot* const shared = shared_by_all(source, target);
  if (const auto elsewhere = bases_elsewhere(source, target, shared)) widen(coming, elsewhere->first, elsewhere->last);
  const std::optional<TargetRecord> before = recorded_of(source, target_name);
  const TargetRecord record = {shared != nullptr ? shared->name : before ? before->base : "", coming};
  if (record == before) return std::nullopt;
  RecordBase step{source.root, target_name, record, plan.to};
  for (const DatasetPlan& each : plan.datasets)
    if (source.find(each.relative) != nullptr && !(each.steps.empty() && each.then.empty()) && !each.goal.empty() &&
        each.goal != plan.to)
      step.own.emplace_back(source.full_name(each.relative), each.goal);
  return step;
}

std::optional<RecordBase> record_after(const Inventory& source, const Inventory& target,
                                       const std::string& target_name) {
  const Snapshot* const shared = shared_by_all(source, target);
  const std::optional<TxgRange> elsewhere = bases_elsewhere(source, target, shared);
  if (shared == nullptr && !elsewhere) return std::nullopt;
  const TargetRecord record = {shared != nullptr ? shared->name : "", elsewhere};
  if (record == recorded_of(source, target_name)) return std::nullopt;
  return RecordBase{source.root, target_name, record, record.base};
}

std::vector<std::string> records_beside(const std::set<std::string>& known, const std::set<std::string>& properties) {
  const std::string prefix = base_property("");
  std::vector<std::string> targets;
  for (const std::string& property : properties)
    if (property.rfind(prefix, 0) == 0 && known.count(property.substr(prefix.size())) == 0)
      targets.push_back(property.substr(prefix.size()));
  return targets;
}

bool was_pushed_to(const Inventory& source, const std::string& target_name) {
  const Dataset& root = source.datasets.at("");
  const std::string prefix = base_bookmark_prefix(target_name);
  return recorded_of(source, target_name) ||
         std::any_of(root.bookmarks.begin(), root.bookmarks.end(),
                     [&](const Bookmark& bookmark) { return bookmark.name.rfind(prefix, 0) == 0; });
}

}  // namespace czb
