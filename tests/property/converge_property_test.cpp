// SPDX-License-Identifier: MIT
// The real planner and executor on ZFS in memory (converge_world.h): whatever happened to both sides, and however runs
// were cut, soon they agree, or a dataset is kept back for a reason that is in the list. Nothing is lost on the way.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "converge_world.h"
#include "execute/run_job.h"
#include "model/model_transport.h"

namespace czb {
namespace {

using model::DatasetState;
using model::ModelTransport;
using model::SnapshotState;
using model::Words;
using model::ZfsModel;
using test::any_converge_world;
using test::ConvergeWorld;
using test::Guids;
using test::guids_below;
using test::Happening;
using test::has_bookmark;
using test::has_snapshot;
using test::root_here;
using test::root_there;
using test::told;

// A clone of its own descendant goes in full; promoted back, it has snapshots that ZFS cannot put in front.
bool cannot_be_put_back(const std::string& text) { return text.find("ZFS cannot put it between") != std::string::npos; }

// Every dataset of the source is at the target, with the same snapshots, but for what was kept back.
void assert_agreement(const ConvergeWorld& world, const JobReport& report) {
  const TargetReport& target = report.targets.front();
  if (target.outcomes.empty()) return;  // the root is kept back, and so the whole
  for (const std::string& name : world.datasets()) {
    const std::string relative = name == root_here ? "" : name.substr(root_here.size() + 1);
    const auto outcome = target.outcomes.find(relative);
    RC_ASSERT(outcome != target.outcomes.end());
    if (outcome->second.outcome == Outcome::kept_back) continue;
    if (world.meddled && outcome->second.outcome == Outcome::failed && cannot_be_put_back(outcome->second.why))
      continue;
    // Its encryption root is not what it will be, and what a person has to decide keeps zfs from putting it right.
    if (world.has_namesakes() && outcome->second.why.find("out of its encryption root") != std::string::npos) continue;
    const DatasetState* there = world.there->find(root_there + name.substr(root_here.size()));
    RC_ASSERT(there != nullptr);
    RC_ASSERT(!there->partial.has_value());
    std::vector<std::uint64_t> mine;
    std::vector<std::uint64_t> theirs;
    for (const SnapshotState& snapshot : world.here->find(name)->snapshots) mine.push_back(snapshot.guid);
    for (const SnapshotState& snapshot : there->snapshots) {
      const std::string full = root_there + name.substr(root_here.size()) + "@" + snapshot.name;
      const bool spared = std::any_of(target.push.spared.begin(), target.push.spared.end(),
                                      [&](const Spared& each) { return each.snapshot == full; });
      if (!spared) theirs.push_back(snapshot.guid);
    }
    RC_ASSERT(mine == theirs);
  }
}

RC_GTEST_PROP(ConvergeProperty, AfterAnyHistoryTwoRunsAgreeOrSayWhyNot, ()) {
  ConvergeWorld world = any_converge_world();
  world.settle();
  JobReport report = world.run_well();
  if (report.code() != ExitCode::ok) report = world.run_well();
  RC_LOG() << told(report);
  if (!world.meddled && !world.has_namesakes()) RC_ASSERT(report.code() == ExitCode::ok);
  if (world.meddled && report.code() == ExitCode::failed) {
    for (const std::string& error : report.targets.front().push.errors) RC_ASSERT(cannot_be_put_back(error));
    return;
  }
  RC_ASSERT(report.code() == ExitCode::ok || report.code() == ExitCode::needs_person);
  assert_agreement(world, report);
  for (const auto& [relative, outcome] : report.targets.front().outcomes)
    if (outcome.outcome == Outcome::kept_back) RC_ASSERT(!outcome.why.empty());
}

// Without a snapshot of the whole tree before it: datasets have some of their own, or none between those that do.
RC_GTEST_PROP(ConvergeProperty, APushAloneBringsAllThatThereIsOrIsNoSuccess, ()) {
  ConvergeWorld world = any_converge_world();
  const auto push = [&] { return world.run([](ModelTransport&, ModelTransport&) {}, false, {Action::push}); };
  JobReport report = push();
  if (report.code() != ExitCode::ok) report = push();
  RC_LOG() << told(report);
  const TargetReport& target = report.targets.front();
  RC_ASSERT((report.code() != ExitCode::ok || target.agrees));
  if (!target.agrees) return;
  for (const std::string& name : world.datasets()) {
    const DatasetState& here = *world.here->find(name);
    if (here.snapshots.empty()) continue;
    const DatasetState* there = world.there->find(root_there + name.substr(root_here.size()));
    RC_ASSERT(there != nullptr);
    for (const SnapshotState& snapshot : here.snapshots) RC_ASSERT(has_snapshot(*there, snapshot.guid));
  }
}

// With a channel program and without (record_without_root).
RC_GTEST_PROP(ConvergeProperty, TheBaseIsBookmarkedInEveryDataset, ()) {
  ConvergeWorld world(*rc::gen::inRange(1U, 1000U), false);
  for (const char* const child : {"/a", "/a/b", "/c"}) world.zfs({"create", root_here + child});
  RC_ASSERT(world.run_well().code() == ExitCode::ok);
  for (const std::string& name : world.datasets()) {
    const DatasetState& state = *world.here->find(name);
    RC_ASSERT(has_bookmark(state, state.newest()->guid));
  }
}

RC_GTEST_PROP(ConvergeProperty, ThenTheNextRunHasNothingToSendAndEncryptionRootsAreTheSources, ()) {
  ConvergeWorld world = any_converge_world();
  world.settle();
  for (int i = 0; i < 3; ++i) world.run_well();
  const JobReport report = world.run([](ModelTransport&, ModelTransport&) {}, false, {Action::push});
  RC_LOG() << told(report);
  RC_PRE(!world.meddled && !world.has_namesakes());
  RC_ASSERT(report.targets.front().push.steps.empty());
  const auto is_no_clone_there = [&](const std::string& name) {
    return !world.here->origin(name).empty() && world.there->origin(root_there + name.substr(root_here.size())).empty();
  };
  const Words all = world.datasets();
  if (std::any_of(all.begin(), all.end(), is_no_clone_there)) return;  // then zfs does not repair the roots
  for (const std::string& name : world.datasets()) {
    const std::string there = root_there + name.substr(root_here.size());
    const std::string key = world.here->encryption_root(name);
    const std::string wanted = key.empty() ? "" : root_there + key.substr(root_here.size());
    RC_ASSERT(world.there->encryption_root(there) == wanted);
  }
}

RC_GTEST_PROP(ConvergeProperty, NoRunDestroysWhatTheSourceStillHas, ()) {
  ConvergeWorld world = any_converge_world();
  const Guids source_before = guids_below(*world.here, root_here);
  const Guids target_before = guids_below(*world.there, root_there);
  const Happening happening{*rc::gen::inRange(0U, 1000U), *rc::gen::inRange(0U, 1000U), *rc::gen::inRange(0U, 1000U)};
  world.run_badly(happening);
  const Guids source_after = guids_below(*world.here, root_here);
  const Guids target_after = guids_below(*world.there, root_there);
  RC_ASSERT(std::includes(source_after.begin(), source_after.end(), source_before.begin(), source_before.end()));
  for (const std::uint64_t guid : target_before)
    RC_ASSERT(target_after.count(guid) == 1 || source_before.count(guid) == 0);
}

// "DATASET@NAME GUID" of all that the target holds.
std::set<std::string> held_there(const ConvergeWorld& world) {
  std::set<std::string> held;
  for (const std::string& name : world.there->names())
    for (const SnapshotState& snapshot : world.there->find(name)->snapshots)
      held.insert(name + "@" + snapshot.name + " " + std::to_string(snapshot.guid));
  return held;
}

RC_GTEST_PROP(ConvergeProperty, AnAppendOnlyTargetKeepsAllThatItEverHadUnderItsName, ()) {
  ConvergeWorld world = any_converge_world("append-only");
  const std::set<std::string> before = held_there(world);
  for (int i = 0; i < 2; ++i) {
    const JobReport report = world.run_well();
    RC_LOG() << told(report);
    const std::set<std::string> after = held_there(world);
    RC_ASSERT(std::includes(after.begin(), after.end(), before.begin(), before.end()));
    for (const std::string& error : report.targets.front().push.errors)
      RC_ASSERT(error.find("cyber-zfs-backup-receiver") == std::string::npos);  // nothing is tried in vain
  }
}

RC_GTEST_PROP(ConvergeProperty, AnAppendOnlyTargetGetsAllOfTheSourceUnlessAPersonHasToLook, ()) {
  ConvergeWorld world = any_converge_world("append-only");
  JobReport report = world.run_well();
  if (report.code() != ExitCode::ok) report = world.run_well();
  RC_LOG() << told(report);
  RC_PRE(!world.meddled);
  RC_ASSERT(report.code() == ExitCode::ok || report.code() == ExitCode::needs_person ||
            report.code() == ExitCode::refused);
  const TargetReport& target = report.targets.front();
  if (target.outcomes.empty()) return;  // the root is kept back, and so the whole
  for (const std::string& name : world.datasets()) {
    const std::string relative = name == root_here ? "" : name.substr(root_here.size() + 1);
    const auto outcome = target.outcomes.find(relative);
    RC_ASSERT(outcome != target.outcomes.end());
    if (outcome->second.outcome == Outcome::kept_back || outcome->second.outcome == Outcome::failed) {
      RC_ASSERT(!outcome->second.why.empty());
      continue;
    }
    const DatasetState* there = world.there->find(root_there + name.substr(root_here.size()));
    RC_ASSERT(there != nullptr);
    for (const SnapshotState& snapshot : world.here->find(name)->snapshots)
      RC_ASSERT(has_snapshot(*there, snapshot.guid));
  }
}

RC_GTEST_PROP(ConvergeProperty, ADryRunSaysWhatTheRunBeginsWithAndChangesNothing, ()) {
  ConvergeWorld world = any_converge_world();
  world.zfs({"snapshot", "-r", root_here + "@z"});
  const auto state = [&] {
    return std::make_pair(guids_below(*world.here, root_here), guids_below(*world.there, root_there));
  };
  const auto before = state();
  const std::set<Action> push = {Action::push};
  const JobReport dry = world.run([](ModelTransport&, ModelTransport&) {}, true, push);
  RC_ASSERT(state() == before);
  const JobReport real = world.run([](ModelTransport&, ModelTransport&) {}, false, push);
  RC_LOG() << "dry:\n" << told(dry) << "real:\n" << told(real);
  // What a run does beyond is what only a new listing can show: encryption roots that streams have led astray. Several
  // at once may change places.
  std::multiset<std::string> done;
  for (const PlannedStep& step : real.targets.front().push.steps) done.insert(step.command_line);
  for (const PlannedStep& step : dry.targets.front().push.steps) {
    const auto found = done.find(step.command_line);
    RC_ASSERT(found != done.end());
    done.erase(found);
  }
}

}  // namespace
}  // namespace czb
