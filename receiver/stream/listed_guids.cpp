// SPDX-License-Identifier: MIT
#include "receiver/stream/listed_guids.h"

#include <algorithm>
#include <map>
#include <string>

#include "receiver/answer.h"

namespace czb::receiver {

void check_listed_elsewhere(const Package& package, const PresentTree& present) {
  std::multimap<std::uint64_t, const std::string*> owners;  // guid → relative names
  for (const auto& [relative, dataset] : present)
    for (const auto& [guid, name] : dataset.snapshots) owners.emplace(guid, &relative);
  for (const PackedDataset& dataset : package.datasets)
    for (const PackedSnapshot& snapshot : dataset.snapshots) {
      const auto [begin, end] = owners.equal_range(snapshot.guid);
      if (begin == end || std::any_of(begin, end, [&](const auto& each) { return *each.second == dataset.relative; }))
        continue;
      throw Refused("the stream lists the snapshot " + visible(present.at(*begin->second).snapshots.at(snapshot.guid)) +
                    " of '" + visible(*begin->second) + "' as one of '" + visible(dataset.relative) +
                    "', and what it says of keys could be meant for the first. Where it was renamed at the "
                    "sender, do the same here by hand, as root");
    }
}

}  // namespace czb::receiver
