// SPDX-License-Identifier: MIT
#include "plan/verify.h"

#include <cstdint>
#include <unordered_set>

#include "plan/position.h"

namespace czb {
namespace {

constexpr char cannot_be_put_back[] =
    ", which has newer ones: it was destroyed there, or has come to this dataset by zfs promote, and ZFS cannot put it "
    "between them. The sides agree again once it is gone from the source too";

}  // namespace

Verification verify(const Inventory& source, const Inventory& target, const std::vector<DatasetPlan>& plans,
                    Mirror mode, Naming& naming, const MirrorPlan& mirror) {
  std::unordered_set<std::string> spared;
  for (const Spared& each : mirror.spared) spared.insert(each.snapshot);
  const Mirror in_effect = mirror_in_effect(mode, target.receiver);
  Verification result;
  for (const DatasetPlan& plan : plans) {
    const std::string& relative = plan.relative;
    const auto disagree = [&](std::string text) { result.disagreements.push_back({relative, std::move(text)}); };
    const Dataset* source_dataset = source.find(relative);
    const Snapshot* last = source_dataset == nullptr ? nullptr : source_dataset->find_by_name(plan.goal);
    if (last == nullptr) continue;
    const Dataset& here = *source_dataset;
    const std::string name = target.full_name(relative);
    const Dataset* there = target.find(relative);
    if (there == nullptr) {
      disagree(name + " is missing at the target");
      continue;
    }
    if (!there->resume_token.empty()) disagree(name + " holds the rest of an interrupted receive");
    std::unordered_set<std::uint64_t> present;
    for (const Snapshot& s : there->snapshots) present.insert(s.guid);
    std::unordered_set<std::uint64_t> wanted;
    for (const Snapshot& s : here.snapshots) {
      wanted.insert(s.guid);
      if (s.createtxg <= last->createtxg && present.count(s.guid) == 0)
        disagree(name + "@" + s.name + " is missing at the target" +
                 (present.count(last->guid) != 0 ? cannot_be_put_back : ""));
    }
    // The next increment continues from a bookmark, and what only the target has behind the newest common one goes
    // then.
    const Position position = position_of(source, target, relative);
    const std::uint64_t goes_later = position.bookmark == nullptr ? UINT64_MAX
                                     : position.common == nullptr
                                         ? 0
                                         : there->find_by_guid(position.common->guid)->createtxg;
    for (const Snapshot& s : there->snapshots) {
      if (wanted.count(s.guid) != 0) continue;
      std::int64_t time = 0;
      const bool may_stay = s.createtxg > goes_later || in_effect == Mirror::off ||
                            (in_effect == Mirror::ours && !naming.parse(s.name, time)) ||
                            mirror.refused.count(relative) != 0 || spared.count(name + "@" + s.name) != 0;
      if (may_stay)
        ++result.extras;
      else
        disagree(name + "@" + s.name + " is not at the source");
    }
  }
  for (const auto& [relative, there] : target.datasets)
    if (source.find(relative) == nullptr) result.extras += there.snapshots.size();
  return result;
}

}  // namespace czb
