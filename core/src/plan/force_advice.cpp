// SPDX-License-Identifier: MIT
#include "plan/force_advice.h"

#include "cyber-zfs-backup/shell_quote.h"
#include "zfs/commands.h"

namespace czb {

std::string advice_on_force(const std::vector<std::string>& others) {
  if (others.empty())
    return "Look at what would go (the same run with --dry-run --verbose). Only if all of that may go for good, run "
           "again with --force-destroy-lots.";
  std::string names;
  for (const std::string& other : others) names += (names.empty() ? "" : ", ") + other;
  return "This dataset is not this job's alone (" + names +
         "): what would go may be what the others keep, so it must not be forced. Give each of them a dataset, or "
         "names (naming), of its own, or make one job of them.";
}

// It keeps whoever still pushes to that target from losing what the next increment begins from.
std::string advice_on_record(const std::string& target, const std::string& dataset) {
  return "If that target was renamed, and pushed to under its new name since, or if its backup is given up for good, "
         "and no configuration on any host pushes to it any more, take its record away: zfs inherit " +
         base_property(target) + " " + dataset +
         ". If anything still pushes to it, leave the record: the snapshot that the next increment begins from is kept "
         "by it.";
}

std::string advice_on_force_beside_records(const std::vector<std::string>& targets, const std::string& root) {
  std::vector<std::string> others;
  for (const std::string& target : targets) others.push_back("a push to a target named " + target);
  std::string advice = advice_on_force(others);
  for (const std::string& target : targets)
    advice += " Of " + target + ": " +
              advice_on_record(target, "DATASET (`zfs get -r -t filesystem,volume -s local,received " +
                                           base_property(target) + " " + shell_quote(root) + "` shows which)");
  return advice;
}

}  // namespace czb
