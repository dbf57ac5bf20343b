// SPDX-License-Identifier: MIT
#include "plan/smaller_destroys.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <utility>

#include "plan/destroy_batches.h"

namespace czb {
namespace {

bool contains(const std::string& text, const char* part) { return text.find(part) != std::string::npos; }

// Why a snapshot stays until somebody lets it go; null for any other failure. OpenZFS 2.1 calls held and used ones
// busy, 2.3.3 calls both held.
const char* reason_of(const std::string& words) {
  if (contains(words, "dependent clones") || contains(words, "is cloned")) return "it has clones";
  if (contains(words, "dataset is busy") || contains(words, "it's being held")) return in_use;
  return nullptr;
}

Doomed doomed_by(const DestroySnapshots& step, const Inventory& inventory) {
  const std::set<std::string> names(step.names.begin(), step.names.end());
  Doomed doomed;
  for (const auto& [relative, dataset] : inventory.datasets) {
    if (relative != step.relative && !(step.recursive && is_below(relative, step.relative))) continue;
    for (const Snapshot& snapshot : dataset.snapshots)
      if (names.count(snapshot.name) != 0) doomed[relative].insert(snapshot.name);
  }
  return doomed;
}

// Takes out of `doomed` what a line of zfs is about: "cannot destroy snapshot NAME: WHY" or "cannot destroy 'NAME':
// WHY". Either may stand in a name, too.
void take_out_named(const std::string& line, const Inventory& inventory, Doomed& doomed, SmallerDestroys& result) {
  static const std::array<std::pair<std::string, std::string>, 2> forms = {
      {{"cannot destroy snapshot ", ": "}, {"cannot destroy '", "': "}}};
  for (const auto& [beginning, separator] : forms) {
    if (line.rfind(beginning, 0) != 0) continue;
    for (std::size_t at = beginning.size(); (at = line.find(separator, at)) != std::string::npos; ++at) {
      const std::string name = line.substr(beginning.size(), at - beginning.size());
      const std::size_t mark = name.find('@');
      if (mark == std::string::npos) continue;
      const auto relative = relative_name(name.substr(0, mark), inventory.root);
      const auto found = relative ? doomed.find(*relative) : doomed.end();
      if (found == doomed.end() || found->second.erase(name.substr(mark + 1)) == 0) continue;
      if (const char* reason = reason_of(line.substr(at)))
        result.spared.push_back({name, reason});
      else
        result.failed = true;
      if (found->second.empty()) doomed.erase(found);
    }
  }
}

std::pair<Doomed, Doomed> halves_of(const Doomed& doomed) {
  std::array<Doomed, 2> halves;
  if (doomed.size() > 1) {
    std::size_t i = 0;
    for (const auto& entry : doomed) halves[2 * i++ < doomed.size() ? 0 : 1].insert(entry);
  } else {
    const auto& [relative, names] = *doomed.begin();
    std::size_t i = 0;
    for (const std::string& name : names) halves[2 * i++ < names.size() ? 0 : 1][relative].insert(name);
  }
  return {halves[0], halves[1]};
}

// As "NAME@SNAPSHOT" or "NAME …"; rather one too many than one too few.
bool is_named(const std::string& dataset, const std::string& said) {
  for (std::size_t at = 0; (at = said.find(dataset, at)) != std::string::npos; ++at) {
    const bool begins = at == 0 || said[at - 1] == ' ';
    const std::size_t end = at + dataset.size();
    if (begins && end < said.size() && (said[end] == '@' || said[end] == ' ')) return true;
  }
  return false;
}

}  // namespace

SmallerDestroys smaller_destroys(const DestroySnapshots& failed, const Inventory& inventory, const std::string& said) {
  SmallerDestroys result;
  Doomed doomed = doomed_by(failed, inventory);
  for (std::size_t begin = 0; begin < said.size();) {
    const std::size_t end = std::min(said.find('\n', begin), said.size());
    take_out_named(said.substr(begin, end - begin), inventory, doomed, result);
    begin = end + 1;
  }
  const auto add = [&](const Doomed& part) {
    for (DestroySnapshots& step : destroy_batches(failed.side, inventory, part))
      result.steps.push_back(std::move(step));
  };
  const char* reason = reason_of(said);
  if (!result.spared.empty() || result.failed) {
    add(doomed);
  } else if (reason == nullptr) {
    return result;
  } else if (doomed.size() == 1 && doomed.begin()->second.size() == 1) {
    const auto& [relative, names] = *doomed.begin();
    result.spared.push_back({inventory.full_name(relative) + "@" + *names.begin(), reason});
  } else if (!doomed.empty()) {
    const auto [first, second] = halves_of(doomed);
    add(first);
    add(second);
  }
  return result;
}

SmallerDestroys without_refused(const DestroySnapshots& failed, const Inventory& inventory, const std::string& said) {
  SmallerDestroys result;
  Doomed doomed = doomed_by(failed, inventory);
  std::erase_if(doomed, [&](const auto& entry) {
    return is_named(inventory.full_name(entry.first), said) && result.refused.insert(entry.first).second;
  });
  if (result.refused.empty()) return result;
  result.steps = destroy_batches(failed.side, inventory, doomed);
  return result;
}

}  // namespace czb
