// SPDX-License-Identifier: MIT
#include "plan/push.h"

#include <algorithm>

namespace czb {
namespace {

PushPlan refuse(ExitCode code, std::vector<std::string> sentences) {
  PushPlan plan;
  plan.code = code;
  plan.refusal = std::move(sentences);
  return plan;
}

// Why the one stream up to the root's snapshot `to` cannot carry every dataset; empty when it can. A
// dataset that is younger than `to` is left out by zfs send; an older one without it makes the send
// fail.
std::vector<std::string> lacking(const Inventory& source, const Snapshot& to) {
  std::vector<std::string> problems;
  for (const auto& [relative, dataset] : source.datasets)
    if (dataset.find_by_name(to.name) == nullptr && dataset.createtxg <= to.createtxg)
      problems.push_back(source.full_name(relative) + " lacks the snapshot @" + to.name);
  return problems;
}

// The newest snapshot of the root that one stream can carry, down to and including `base`.
const Snapshot* newest_sendable(const Inventory& source, const Snapshot* base, PushPlan& plan) {
  const Dataset& root = source.datasets.at("");
  for (auto it = root.snapshots.rbegin(); it != root.snapshots.rend(); ++it) {
    if (&*it == base) return base;
    std::vector<std::string> problems = lacking(source, *it);
    if (problems.empty()) return &*it;
    plan.notes.push_back(source.root + "@" + it->name + " is not on every dataset (" + problems.front() +
                         "): it goes with the next recursive snapshot");
  }
  return nullptr;
}

void note_what_stays_behind(const Inventory& source, const Inventory& target, const std::string& to, PushPlan& plan) {
  for (const auto& [relative, dataset] : source.datasets) {
    const Snapshot* last = dataset.find_by_name(to);
    if (last == nullptr)
      plan.notes.push_back(source.full_name(relative) + " has no snapshot @" + to +
                           " (created later): it goes with the next snapshot");
    else if (last != dataset.newest() && !relative.empty())
      plan.notes.push_back(source.full_name(relative) + " has snapshots newer than @" + to +
                           ": they go with the next recursive snapshot");
  }
  for (const auto& [relative, dataset] : target.datasets)
    if (source.find(relative) == nullptr)
      plan.notes.push_back(target.full_name(relative) + " is no longer at the source: the target keeps it");
}

PushPlan plan_first_full(const Inventory& source, const TargetConfig& config, bool allow_full) {
  if (!allow_full)
    return refuse(ExitCode::refused,
                  {config.dataset + " does not exist at the target, so all of " + source.root +
                   " would have to be sent. If this is the first push, run once with --force-non-incremental; if it "
                   "is not, the backup is gone or the name is wrong: look there first."});
  PushPlan plan;
  const Snapshot* to = newest_sendable(source, nullptr, plan);
  if (to == nullptr) {
    std::vector<std::string> problems = lacking(source, *source.datasets.at("").newest());
    problems.insert(problems.begin(), "No snapshot is on every dataset of " + source.root +
                                          ", so nothing was sent. Take a recursive one (--action snapshot push).");
    return refuse(ExitCode::failed, std::move(problems));
  }
  plan.to = to->name;
  plan.send = SendTree{source.root, config.dataset, std::nullopt, to->name, config.properties};
  note_what_stays_behind(source, Inventory{}, to->name, plan);
  return plan;
}

// What is known of the datasets that both sides have.
struct Comparison {
  std::vector<std::string> nothing_in_common;
  std::vector<std::string> diverged;
  std::vector<std::string> without_snapshots;
  std::vector<std::string> unsettled;            // partially received
  std::map<std::string, const Snapshot*> bases;  // relative name → newest common snapshot, at the source
};

Comparison compare(const Inventory& source, const Inventory& target) {
  Comparison result;
  for (const auto& [relative, there] : target.datasets) {
    const std::string name = target.full_name(relative);
    if (!there.resume_token.empty())
      result.unsettled.push_back(name +
                                 " holds the rest of an interrupted receive. Finish it (zfs send -t TOKEN | zfs "
                                 "receive -s " +
                                 name + ") or give it up (zfs receive -A " + name +
                                 ": an interrupted first receive loses that dataset), then push again.");
    const Dataset* here = source.find(relative);
    if (here == nullptr) continue;
    if (there.snapshots.empty() && here->snapshots.empty()) continue;
    if (there.snapshots.empty()) {
      if (there.resume_token.empty()) result.without_snapshots.push_back(name + " has no snapshot at the target");
      continue;
    }
    const Snapshot* common = newest_common(*here, there);
    if (common == nullptr) {
      result.nothing_in_common.push_back(name + " has " + std::to_string(there.snapshots.size()) +
                                         " snapshots and none of them is one of the " +
                                         std::to_string(here->snapshots.size()) + " of " + source.full_name(relative));
    } else if (there.newest()->guid != common->guid) {
      result.diverged.push_back(name + "@" + there.newest()->name + " is newer than the newest common snapshot @" +
                                common->name + " and " + source.full_name(relative) + " does not have it");
    } else {
      result.bases[relative] = common;
    }
  }
  return result;
}

// Datasets for which a stream from `base` is not legal.
std::vector<std::string> uneven(const Inventory& source, const Inventory& target, const Comparison& compared,
                                const Snapshot& base, const Snapshot& to) {
  std::vector<std::string> problems;
  for (const auto& [relative, dataset] : source.datasets) {
    const bool carried = dataset.find_by_name(to.name) != nullptr;
    const Snapshot* has_base = dataset.find_by_name(base.name);
    auto own = compared.bases.find(relative);
    if (target.find(relative) == nullptr) {
      if (has_base != nullptr)
        problems.push_back(target.full_name(relative) + " is missing at the target, which should have it up to @" +
                           base.name);
      else if (carried && &base == &to)
        problems.push_back(target.full_name(relative) + " is missing at the target");
    } else if (carried && own != compared.bases.end() && own->second->name != base.name) {
      problems.push_back(target.full_name(relative) + " is at @" + own->second->name + " while the tree is at @" +
                         base.name);
    } else if (carried && own == compared.bases.end()) {
      problems.push_back(target.full_name(relative) + " lacks the snapshot @" + base.name);
    }
  }
  return problems;
}

PushPlan plan_increment(const Inventory& source, const Inventory& target, const TargetConfig& config) {
  Comparison compared = compare(source, target);
  if (!compared.nothing_in_common.empty()) {
    compared.nothing_in_common.insert(
        compared.nothing_in_common.begin(),
        "Both sides have data and no snapshot in common, so nothing was sent: an increment is impossible and a full "
        "send would have to destroy what is there. Check that the target's dataset is the right one; to start over, "
        "rename it at the target (zfs rename) and push with --force-non-incremental.");
    return refuse(ExitCode::needs_person, std::move(compared.nothing_in_common));
  }
  if (!compared.diverged.empty()) {
    compared.diverged.insert(
        compared.diverged.begin(),
        "The target has snapshots after the newest common one that the source lacks, so nothing was sent. Either they "
        "were destroyed at the source after a push, or someone took them at the target. They may be the only copy: "
        "look at them, copy what is needed, and only then roll the target back by hand (zfs rollback -r to the common "
        "snapshot).");
    return refuse(ExitCode::needs_person, std::move(compared.diverged));
  }
  if (!compared.without_snapshots.empty()) {
    compared.without_snapshots.insert(
        compared.without_snapshots.begin(),
        "The target exists and was never pushed to, so nothing was sent: a full stream goes only where there is no "
        "dataset yet. If it holds nothing that is needed, destroy it there (zfs destroy), then push with "
        "--force-non-incremental; else choose another name.");
    return refuse(ExitCode::needs_person, std::move(compared.without_snapshots));
  }
  if (!compared.unsettled.empty()) return refuse(ExitCode::failed, std::move(compared.unsettled));
  auto root_base = compared.bases.find("");
  if (root_base == compared.bases.end())
    return refuse(ExitCode::failed, {source.root + " has no snapshot. Take one (--action snapshot push)."});
  const Snapshot* base = root_base->second;

  PushPlan plan;
  const Snapshot* to = newest_sendable(source, base, plan);
  if (std::vector<std::string> problems = uneven(source, target, compared, *base, *to); !problems.empty()) {
    problems.insert(problems.begin(),
                    "The tree at the target is uneven, and one replication stream cannot level it: nothing was sent "
                    "and nothing destroyed. Bring these datasets up by hand, one by one: "
                    "zfs send -w -p [-I @BASE] SOURCE@SNAPSHOT into zfs receive -u TARGET, with @BASE the newest "
                    "snapshot that the target has of that dataset, and none where it lacks the dataset.");
    return refuse(ExitCode::failed, std::move(problems));
  }
  plan.to = to->name;
  if (to != base) plan.send = SendTree{source.root, config.dataset, base->name, to->name, config.properties};
  note_what_stays_behind(source, target, to->name, plan);
  return plan;
}

}  // namespace

PushPlan plan_push(const Inventory& source, const Inventory& target, const TargetConfig& config, bool allow_full) {
  if (source.datasets.at("").snapshots.empty() && (!target.exists() || target.snapshot_count() == 0))
    return refuse(ExitCode::failed, {source.root + " has no snapshot to send. Take one (--action snapshot push)."});
  return target.exists() ? plan_increment(source, target, config) : plan_first_full(source, config, allow_full);
}

}  // namespace czb
