// SPDX-License-Identifier: MIT
#include "receiver/host/present_listing.h"

#include <sstream>
#include <vector>

#include "error.h"
#include "receiver/answer.h"
#include "receiver/host/zfs_process.h"

namespace czb::receiver {

namespace {

// So that all that is said of them is kept (Output::err).
constexpr std::size_t most_asked = 20;

std::set<std::string> absent_of(const std::string& zfs, const std::vector<std::string>& datasets) {
  CommandLine command = {"zfs", "list", "-H", "-t", "filesystem,volume", "-o", "name,guid"};
  command.insert(command.end(), datasets.begin(), datasets.end());
  const Output output = run_zfs(zfs, command);
  std::set<std::string> said;
  std::istringstream words(output.err);
  for (std::string line; std::getline(words, line);) said.insert(line);
  std::set<std::string> here;
  std::istringstream lines(output.out);
  for (std::string line; std::getline(lines, line);) here.insert(line.substr(0, line.find('\t')));
  std::set<std::string> gone;
  for (const std::string& dataset : datasets) {
    if (said.erase("cannot open '" + dataset + "': dataset does not exist") != 0)
      gone.insert(dataset);
    else if (here.count(dataset) == 0)
      throw Error(ExitCode::failed, "whether " + visible(dataset) + " is here could not be learnt: zfs says: " +
                                        (output.err.empty() ? "nothing" : visible(output.err)));
  }
  if (!said.empty()) throw Error(ExitCode::failed, "could not look for datasets: zfs says: " + visible(*said.begin()));
  return gone;
}

}  // namespace

std::set<std::string> absent(const std::string& zfs, const std::set<std::string>& datasets) {
  std::set<std::string> gone;
  std::vector<std::string> some;
  for (const std::string& dataset : datasets) {
    some.push_back(dataset);
    if (some.size() < most_asked && dataset != *datasets.rbegin()) continue;
    gone.merge(absent_of(zfs, some));
    some.clear();
  }
  return gone;
}

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
  check_tells_all(output, "zfs list " + dataset);
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
