// SPDX-License-Identifier: MIT
#include "receiver/serve/local_values.h"

#include <map>
#include <set>
#include <sstream>
#include <utility>

#include "cyber-zfs-backup/shell_quote.h"
#include "receiver/answer.h"
#include "receiver/host/zfs_process.h"

namespace czb::receiver {

LocalValues::LocalValues(std::string zfs, std::string dataset, bool is_tree, const ReceivedProperties& forced)
    : zfs_(std::move(zfs)), dataset_(std::move(dataset)), is_tree_(is_tree) {
  // Where a key lies and how large a volume is comes with the stream.
  const auto comes = [&](const std::string& property) {
    return property == "keylocation" || property == "volsize" || forced.count(property) != 0;
  };
  for (Value& each : list())
    if (!comes(each.property)) before_.push_back(std::move(each));
}

std::vector<LocalValues::Value> LocalValues::list() const {
  CommandLine command = {"zfs", "get", "-H", "-p"};
  if (is_tree_) command.emplace_back("-r");
  command.insert(command.end(),
                 {"-t", "filesystem,volume", "-s", "local", "-o", "name,property,value", "all", dataset_});
  std::vector<Value> values;
  std::istringstream lines(output_of(zfs_, command));
  for (std::string line; std::getline(lines, line);) {
    std::vector<std::string> words;
    std::istringstream fields(line);
    for (std::string word; std::getline(fields, word, '\t');) words.push_back(word);
    // A user property's value may have tabs and new lines in it: such a one cannot be told from others.
    if (words.size() == 3) values.push_back({words[0], words[1], words[2]});
  }
  return values;
}

std::string LocalValues::set_again() const {
  if (before_.empty()) return "";
  std::set<std::pair<std::string, std::string>> set_now;
  for (const Value& each : list()) set_now.emplace(each.dataset, each.property);
  std::map<std::string, CommandLine> lost;  // by dataset
  for (const Value& was : before_)
    if (set_now.count({was.dataset, was.property}) == 0) lost[was.dataset].push_back(was.property + "=" + was.value);
  std::string failed;
  for (const auto& [dataset, values] : lost) {
    CommandLine command = {"zfs", "set"};
    command.insert(command.end(), values.begin(), values.end());
    command.push_back(dataset);
    const Output set = run_zfs(zfs_, command);
    if (set.status == 0 || says_missing(set, dataset)) continue;
    failed +=
        (failed.empty() ? "" : "; ") +
        ("what was set on " + visible(dataset) + " is lost, as ZFS forgets it when the first properties come, and " +
         "could not be set again (" + visible(set.err) + "). As root there: " + visible(shell_quote_command(command)));
  }
  return failed;
}

}  // namespace czb::receiver
