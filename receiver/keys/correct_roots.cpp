// SPDX-License-Identifier: MIT
#include "receiver/keys/correct_roots.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "error.h"
#include "receiver/host/receive_pump.h"
#include "receiver/host/zfs_process.h"
#include "receiver/keys/encryption_roots.h"

namespace czb::receiver {

std::set<std::string> correct_encryption_roots(const std::string& zfs, const Package& package,
                                               const std::string& dataset, const PresentTree& now,
                                               const MayBecome& may_become, ClientWords& words) {
  const bool is_encrypted =
      std::any_of(now.begin(), now.end(), [](const auto& each) { return !each.second.encryption_root.empty(); });
  const auto top = now.find("");
  // Without the top's snapshot zfs receive would not know where the tree is.
  const PackedSnapshot* const to = package.find("")->find(package.to);
  if (!is_encrypted || top == now.end() || to == nullptr || top->second.snapshots.count(to->guid) == 0) return {};
  const KeyLocations locations = parse_key_locations(output_of(zfs, key_locations_command(dataset)), dataset);
  const std::vector<RootChange> changes = root_changes(package, dataset, now, locations, may_become);
  if (changes.empty()) return {};

  std::set<std::string> changed;
  for (const RootChange& change : changes)
    changed.insert(change.relative.empty() ? dataset : dataset + "/" + change.relative);

  const std::string stream = root_changes_stream(changes, dataset, top->second, package.to);
  Pipe pipe = make_pipe();
  ZfsProcess process(zfs, {"zfs", "receive", "-u", dataset}, pipe.read.get(), std::nullopt, words);
  pipe.read.reset();
  write_stream(std::move(pipe.write), stream, process);
  const int status = process.wait();
  if (status != 0)
    throw RootsNotSet(dataset + " has come, but what of it inherits its key from above could not be set: exit status " +
                          std::to_string(status) +
                          ". Allow change-key and keylocation to this user (zfs allow), then push again",
                      changed);
  return changed;
}

}  // namespace czb::receiver
