// SPDX-License-Identifier: MIT
#include "receiver/request/guards.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "error.h"
#include "receiver/answer.h"

namespace czb::receiver {
namespace {

constexpr std::size_t most_told = 16;

[[noreturn]] void misunderstood(std::string_view line) {
  throw Error(ExitCode::failed, "could not understand this line of zfs list: " + visible(line));
}

// What of a dataset goes. `wrong`: gets a sentence where that is one of the newest.
std::size_t losses(const std::string& dataset, std::vector<PresentSnapshot> snapshots,
                   const std::set<std::string>& names, unsigned keep_newest, std::string& wrong) {
  std::sort(snapshots.begin(), snapshots.end(),
            [](const PresentSnapshot& a, const PresentSnapshot& b) { return a.createtxg > b.createtxg; });
  std::size_t count = 0;
  for (std::size_t i = 0; i < snapshots.size(); ++i) {
    if (names.count(snapshots[i].name) == 0) continue;
    ++count;
    if (i < keep_newest && wrong.empty())
      wrong = visible(dataset + "@" + snapshots[i].name) + " is one of the " + std::to_string(keep_newest) +
              " newest snapshots, which are kept (--keep-newest)";
  }
  return count;
}

}  // namespace

CommandLine snapshots_command(const std::string& dataset, bool recursive) {
  CommandLine command = {"zfs", "list", "-H", "-p"};
  if (recursive)
    command.emplace_back("-r");
  else
    command.insert(command.end(), {"-d", "1"});
  command.insert(command.end(), {"-t", "snapshot", "-o", "name,createtxg", dataset});
  return command;
}

PresentSnapshots parse_snapshots(std::string_view listing) {
  PresentSnapshots present;
  while (!listing.empty()) {
    const std::string_view line = listing.substr(0, listing.find('\n'));
    listing.remove_prefix(std::min(listing.size(), line.size() + 1));
    const std::size_t separator = line.find('@');
    const std::size_t tab = line.find('\t');
    if (separator == std::string_view::npos || tab == std::string_view::npos || tab < separator) misunderstood(line);
    PresentSnapshot snapshot{std::string(line.substr(separator + 1, tab - separator - 1)), 0};
    const char* const end = line.data() + line.size();
    const auto [stopped, error] = std::from_chars(line.data() + tab + 1, end, snapshot.createtxg);
    if (error != std::errc() || stopped != end) misunderstood(line);
    present[std::string(line.substr(0, separator))].push_back(std::move(snapshot));
  }
  return present;
}

DayCounts check_destroy(const Destroy& request, const PresentSnapshots& present, const DayCounts& before,
                        std::int64_t day, const Options& options) {
  for (const std::string& name : request.names)
    if (!options.naming.parse(name))
      throw Refused("'" + visible(name) + "' is no name of a snapshot that cyber-zfs-backup takes");
  const std::set<std::string> names(request.names.begin(), request.names.end());

  DayCounts after;
  std::string refused;  // a sentence for each dataset: the client tries again without these
  std::size_t told = 0;
  for (const auto& [dataset, snapshots] : present) {
    if (dataset != request.dataset && !request.recursive) continue;
    std::string wrong;
    const std::size_t count = losses(dataset, snapshots, names, options.keep_newest, wrong);
    if (count == 0) continue;
    const auto known = before.find(dataset);
    DayCount counted = known == before.end() ? DayCount() : known->second;
    // A clock that was set back finds a later day: that one's count goes on.
    if (known == before.end() || counted.day < day) counted = {day, snapshots.size(), 0};
    counted.destroyed += count;
    // present * limit fits: a pool has fewer than 2^56 snapshots.
    if (wrong.empty() && counted.destroyed * 100 > counted.present * options.destroy_limit)
      wrong = "of the " + std::to_string(counted.present) + " snapshots that " + visible(dataset) +
              " had today, at most " + std::to_string(options.destroy_limit) +
              " percent may be destroyed in a day (--destroy-limit), and this would make it " +
              std::to_string(counted.destroyed);
    if (!wrong.empty() && told++ < most_told) refused += (refused.empty() ? "" : "; ") + wrong;
    after[dataset] = counted;
  }
  if (!refused.empty()) throw Refused(refused);
  return after;
}

DayCounts taken_back(DayCounts after, const DayCounts& before) {
  for (auto& [dataset, count] : after) {
    const auto known = before.find(dataset);
    count.destroyed = known == before.end() || known->second.day < count.day ? 0 : known->second.destroyed;
  }
  return after;
}

}  // namespace czb::receiver
