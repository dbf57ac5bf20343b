// SPDX-License-Identifier: MIT
#include "receiver/foreign_keys.h"

#include <algorithm>
#include <map>
#include <sstream>

#include "receiver/answer.h"
#include "receiver/zfs_process.h"
#include "zfs/inventory.h"

namespace czb::receiver {
namespace {

// Encrypted datasets of the pool outside of the tree.
std::vector<std::string> foreign_encrypted(const std::string& zfs, const std::string& dataset) {
  const std::string pool = dataset.substr(0, dataset.find('/'));
  std::istringstream lines(
      output_of(zfs, {"zfs", "list", "-H", "-r", "-t", "filesystem,volume", "-o", "name,encryptionroot", pool}));
  std::vector<std::string> names;
  for (std::string line; std::getline(lines, line);) {
    const std::size_t tab = line.find('\t');
    const std::string name = line.substr(0, tab);
    const bool encrypted = tab != std::string::npos && line.compare(tab + 1, std::string::npos, "-") != 0;
    if (encrypted && !relative_name(name, dataset)) names.push_back(name);
  }
  return names;
}

}  // namespace

std::set<std::uint64_t> guids_not_present(const Package& package, const PresentTree& present) {
  std::set<std::uint64_t> here;
  for (const auto& [relative, dataset] : present)
    for (const auto& [guid, name] : dataset.snapshots) here.insert(guid);
  std::set<std::uint64_t> elsewhere;
  for (const auto& [relative, dataset] : package.datasets)
    for (auto guid = dataset.guids.begin(); guid != dataset.guids.end() && here.count(*guid) == 0; ++guid)
      elsewhere.insert(*guid);
  return elsewhere;
}

void check_listed_elsewhere(const Package& package, const PresentTree& present) {
  std::multimap<std::uint64_t, std::string> owners;  // guid → relative names
  for (const auto& [relative, dataset] : present)
    for (const auto& [guid, name] : dataset.snapshots) owners.emplace(guid, relative);
  for (const auto& [relative, dataset] : package.datasets)
    for (const std::uint64_t guid : dataset.guids) {
      const auto [begin, end] = owners.equal_range(guid);
      if (begin == end || std::any_of(begin, end, [&, own = relative](const auto& each) { return each.second == own; }))
        continue;
      throw Refused("the stream lists the snapshot " + visible(present.at(begin->second).snapshots.at(guid)) + " of '" +
                    visible(begin->second) + "' as one of '" + visible(relative) +
                    "', and zfs receive could change the encryption root of the first. Where it was renamed at the "
                    "sender, do the same here by hand, as root");
    }
}

void check_foreign_keys(const std::string& zfs, const std::string& dataset, const std::set<std::uint64_t>& guids) {
  if (guids.empty()) return;
  const std::vector<std::string> foreign = foreign_encrypted(zfs, dataset);
  constexpr std::size_t at_once = 500;  // names on one command line
  for (std::size_t begin = 0; begin < foreign.size(); begin += at_once) {
    CommandLine command = {"zfs", "list", "-H", "-p", "-d", "1", "-t", "snapshot", "-o", "guid,name"};
    const std::size_t end = std::min(begin + at_once, foreign.size());
    for (std::size_t i = begin; i < end; ++i) command.push_back(foreign[i]);
    std::istringstream lines(output_of(zfs, command));
    std::uint64_t guid = 0;
    for (std::string line; std::getline(lines, line);) {
      std::istringstream words(line);
      if (words >> guid && guids.count(guid) != 0)
        throw Refused(
            "the stream names a snapshot of an encrypted dataset that is not in " + visible(dataset) +
            ", and zfs receive could change that dataset's encryption root. Where both come from one history, "
            "receive the first stream by hand, as root");
    }
  }
}

}  // namespace czb::receiver
