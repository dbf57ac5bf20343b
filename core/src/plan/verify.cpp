// SPDX-License-Identifier: MIT
#include "plan/verify.h"

#include <unordered_set>

namespace czb {
namespace {

constexpr char cannot_be_put_back[] =
    ", which has newer ones: it was destroyed there, and ZFS cannot put it back between them. The sides agree again "
    "once the source has expired it too";

}  // namespace

Verification verify(const Inventory& source, const Inventory& target, const std::string& to, Mirror mode,
                    Naming& naming, const MirrorPlan& plan) {
  std::unordered_set<std::string> spared;
  for (const Spared& each : plan.spared) spared.insert(each.snapshot);
  Verification result;
  for (const auto& [relative, here] : source.datasets) {
    const Snapshot* last = here.find_by_name(to);
    if (last == nullptr) continue;
    const std::string name = target.full_name(relative);
    const Dataset* there = target.find(relative);
    if (there == nullptr) {
      result.disagreements.push_back(name + " is missing at the target");
      continue;
    }
    if (!there->resume_token.empty())
      result.disagreements.push_back(name + " holds the rest of an interrupted receive");
    std::unordered_set<std::uint64_t> present;
    for (const Snapshot& s : there->snapshots) present.insert(s.guid);
    std::unordered_set<std::uint64_t> wanted;
    for (const Snapshot& s : here.snapshots) {
      wanted.insert(s.guid);
      if (s.createtxg <= last->createtxg && present.count(s.guid) == 0)
        result.disagreements.push_back(name + "@" + s.name + " is missing at the target" +
                                       (present.count(last->guid) != 0 ? cannot_be_put_back : ""));
    }
    for (const Snapshot& s : there->snapshots) {
      if (wanted.count(s.guid) != 0) continue;
      std::int64_t time = 0;
      const bool may_stay = mode == Mirror::off || (mode == Mirror::ours && !naming.parse(s.name, time)) ||
                            plan.refused.count(relative) != 0 || spared.count(name + "@" + s.name) != 0;
      if (may_stay)
        ++result.extras;
      else
        result.disagreements.push_back(name + "@" + s.name + " is not at the source");
    }
  }
  return result;
}

}  // namespace czb
