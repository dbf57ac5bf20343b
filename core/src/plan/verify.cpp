// SPDX-License-Identifier: MIT
#include "plan/verify.h"

#include <unordered_set>

namespace czb {

std::vector<std::string> disagreements(const Inventory& source, const Inventory& target, const std::string& to,
                                       Mirror mirror, Naming& naming, const std::vector<Spared>& excused,
                                       bool extras_refused) {
  std::unordered_set<std::string> may_stay;
  for (const Spared& spared : excused) may_stay.insert(spared.snapshot);
  std::vector<std::string> problems;
  for (const auto& [relative, here] : source.datasets) {
    const Snapshot* last = here.find_by_name(to);
    if (last == nullptr) continue;
    const std::string name = target.full_name(relative);
    const Dataset* there = target.find(relative);
    if (there == nullptr) {
      problems.push_back(name + " is missing at the target");
      continue;
    }
    std::unordered_set<std::uint64_t> present;
    for (const Snapshot& s : there->snapshots) present.insert(s.guid);
    std::unordered_set<std::uint64_t> wanted;
    for (const Snapshot& s : here.snapshots) {
      wanted.insert(s.guid);
      if (s.createtxg <= last->createtxg && present.count(s.guid) == 0)
        problems.push_back(name + "@" + s.name + " is missing at the target");
    }
    if (mirror == Mirror::off || extras_refused) continue;
    for (const Snapshot& s : there->snapshots) {
      std::int64_t time = 0;
      if (wanted.count(s.guid) != 0 || may_stay.count(name + "@" + s.name) != 0) continue;
      if (mirror == Mirror::ours && !naming.parse(s.name, time)) continue;
      problems.push_back(name + "@" + s.name + " is not at the source");
    }
    if (!there->resume_token.empty()) problems.push_back(name + " holds the rest of an interrupted receive");
  }
  return problems;
}

}  // namespace czb
