// SPDX-License-Identifier: MIT
#include "receiver/stream/unchanged.h"

#include <algorithm>

#include "receiver/answer.h"
#include "zfs/inventory.h"

namespace czb::receiver {
namespace {

std::string or_none(const std::string& name) { return name.empty() ? "none" : visible(name); }

bool goes_with(const std::set<std::string>& moved, const std::string& dataset, const std::string& encryption_root) {
  return moved.count(encryption_root) != 0 || std::any_of(moved.begin(), moved.end(), [&](const std::string& each) {
           return relative_name(dataset, each).has_value();
         });
}

}  // namespace

std::vector<std::string> differences(const PresentTree& before, const PresentTree& after, const std::string& root,
                                     const std::set<std::string>& moved) {
  std::vector<std::string> found;
  for (const auto& [relative, was] : before) {
    const std::string dataset = relative.empty() ? root : root + "/" + relative;
    const auto is = after.find(relative);
    if (is == after.end()) {
      found.push_back(visible(dataset) + " is gone");
      continue;
    }
    const PresentDataset& now = is->second;
    if (now.guid != was.guid) found.push_back(visible(dataset) + " is another dataset");
    if (now.origin != was.origin)
      found.push_back("the origin of " + visible(dataset) + " was " + or_none(was.origin) + " and is " +
                      or_none(now.origin));
    if (now.encryption_root != was.encryption_root && !goes_with(moved, dataset, was.encryption_root))
      found.push_back("the encryption root of " + visible(dataset) + " was " + or_none(was.encryption_root) +
                      " and is " + or_none(now.encryption_root));
    for (const auto& [guid, name] : was.snapshots) {
      const auto snapshot = now.snapshots.find(guid);
      if (snapshot == now.snapshots.end())
        found.push_back(visible(dataset + "@" + name) + " is gone");
      else if (snapshot->second != name)
        found.push_back(visible(dataset + "@" + name) + " has the name " + visible(snapshot->second));
    }
  }
  return found;
}

}  // namespace czb::receiver
