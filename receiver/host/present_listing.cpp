// SPDX-License-Identifier: MIT
#include "receiver/host/present_listing.h"

#include "error.h"
#include "receiver/answer.h"
#include "receiver/host/zfs_process.h"

namespace czb::receiver {

bool exists(const std::string& zfs, const std::string& dataset) {
  const Output output = run_zfs(zfs, exists_command(dataset));
  if (output.status == 0) return true;
  if (says_missing(output, dataset)) return false;
  throw Error(ExitCode::failed, "could not look for " + dataset + ": " + visible(output.err));
}

PresentTree list_present(const std::string& zfs, const std::string& dataset, LockScope scope,
                         std::chrono::seconds longest) {
  PresentParser parser(dataset);
  const Output output = run_zfs_into([&](std::string_view bytes) { parser.feed(bytes); }, zfs,
                                     present_command(dataset, scope == LockScope::tree), most_listed, longest);
  if (output.status != 0 && says_missing(output, dataset)) return {};
  if (output.status != 0) throw Error(ExitCode::failed, "could not list " + dataset + ": " + visible(output.err));
  PresentTree tree = parser.take();
  // The depth that has its snapshots has its children as well.
  if (scope == LockScope::dataset) std::erase_if(tree, [](const auto& each) { return !each.first.empty(); });
  return tree;
}

std::map<std::string, std::uint64_t> snapshots_of(const PresentTree& tree, const std::string& root) {
  std::map<std::string, std::uint64_t> snapshots;
  for (const auto& [relative, dataset] : tree)
    for (const auto& [guid, name] : dataset.snapshots)
      snapshots[(relative.empty() ? root : root + "/" + relative) + "@" + name] = guid;
  return snapshots;
}

std::set<std::string> volumes_of(const PresentTree& tree, const std::string& root) {
  std::set<std::string> volumes;
  for (const auto& [relative, dataset] : tree)
    if (dataset.is_volume) volumes.insert(relative.empty() ? root : root + "/" + relative);
  return volumes;
}

}  // namespace czb::receiver
