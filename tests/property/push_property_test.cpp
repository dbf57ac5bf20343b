// SPDX-License-Identifier: MIT
// What holds of every plan of a push, over the trees of world.h: it is one that ZFS carries out (careful_zfs.h), breaks
// no rule that protects data, and leads to where nothing is left to do.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "careful_zfs.h"
#include "plan/mirror.h"
#include "plan/position.h"
#include "plan/prepare.h"
#include "plan/push.h"
#include "plan/verify.h"
#include "unit/inventory_builder.h"
#include "world.h"

namespace czb {
namespace {

using test::all_snapshots;
using test::any_config;
using test::any_pushed_world;
using test::any_world;
using test::CarefulZfs;
using test::NumberNaming;
using test::World;

PushOptions any_options(const World& world) {
  PushOptions options;
  options.allow_full = *rc::gen::arbitrary<bool>();
  options.allow_tree = *rc::gen::weightedElement<bool>({{4, true}, {1, false}});
  if (*rc::gen::weightedElement<bool>({{3, false}, {1, true}})) {
    std::vector<std::string> names;
    for (const auto& [relative, here] : world.source.datasets) names.push_back(relative);
    options.left_alone[*rc::gen::elementOf(names)] = {"out of space"};
  }
  return options;
}

PushOptions asked_for_full() {
  PushOptions options;
  options.allow_full = true;
  return options;
}

// Brings the world to where a push is planned from.
std::size_t prepare(World& world, const TargetConfig& config, const PushOptions& options) {
  const Preparation preparation = plan_preparation(world.source, world.target, config, false, options.left_alone);
  for (const PreparationStep& step : preparation.steps) RC_ASSERT(options.left_alone.count(step.relative) == 0U);
  CarefulZfs zfs(world.source, world.target);
  zfs.perform(preparation, config.on_divergence == OnDivergence::rollback);
  RC_ASSERT(preparation.target.has_value() == !preparation.steps.empty());
  if (preparation.target) RC_ASSERT(all_snapshots(*preparation.target) == all_snapshots(world.target));
  return preparation.steps.size();
}

bool has_steps(const PushPlan& plan) {
  return plan.send || std::any_of(plan.datasets.begin(), plan.datasets.end(),
                                  [](const DatasetPlan& each) { return !each.steps.empty() || !each.then.empty(); });
}

const DatasetPlan& plan_of(const PushPlan& plan, const std::string& relative) {
  const auto found = std::find_if(plan.datasets.begin(), plan.datasets.end(),
                                  [&](const DatasetPlan& each) { return each.relative == relative; });
  RC_ASSERT((found != plan.datasets.end()));
  return *found;
}

// A dataset that both sides have with snapshots.
std::string any_shared_dataset(const World& world) {
  std::vector<std::string> shared;
  for (const auto& [relative, there] : world.target.datasets)
    if (const Dataset* here = world.source.find(relative);
        here != nullptr && !here->snapshots.empty() && !there.snapshots.empty())
      shared.push_back(relative);
  RC_PRE(!shared.empty());
  return *rc::gen::elementOf(shared);
}

// Nothing reaches it, and the rest goes on unless it is the root.
void expect_kept_back(const World& world, const std::string& relative) {
  const PushPlan plan = plan_push(world.source, world.target, any_config(), any_options(world));
  if (relative.empty()) {
    RC_ASSERT((plan.code == ExitCode::needs_person && !has_steps(plan)));
    return;
  }
  RC_PRE(plan.code == ExitCode::ok);
  const DatasetPlan& kept = plan_of(plan, relative);
  RC_ASSERT((kept.outcome == Outcome::kept_back || kept.outcome == Outcome::failed));
  RC_ASSERT((kept.code != ExitCode::ok && kept.steps.empty() && kept.goal.empty() && !kept.why.empty()));
  if (plan.send) RC_ASSERT((world.source.find(relative)->find_by_name(plan.send->to) == nullptr));
}

RC_GTEST_PROP(PushProperty, NothingIsSentToADatasetWithNothingInCommon, ()) {
  World world = any_pushed_world();
  const std::string relative = any_shared_dataset(world);
  for (Snapshot& s : world.target.datasets.at(relative).snapshots) s.guid = world.next_guid++;
  world.target.datasets.at(relative).resume_token.clear();
  expect_kept_back(world, relative);
}

RC_GTEST_PROP(PushProperty, NothingIsSentToADatasetThatDiverged, ()) {
  World world = any_pushed_world();
  const std::string relative = any_shared_dataset(world);
  world.snapshot_alone(world.target.datasets.at(relative), ++world.target_txg);
  world.target.datasets.at(relative).resume_token.clear();
  expect_kept_back(world, relative);
}

RC_GTEST_PROP(PushProperty, NothingIsSentToADatasetThatWasWrittenTo, ()) {
  World world = any_pushed_world();
  const std::string relative = any_shared_dataset(world);
  Dataset& there = world.target.datasets.at(relative);
  there.resume_token.clear();
  there.written = 512;
  world.snapshot_all();
  expect_kept_back(world, relative);
}

RC_GTEST_PROP(PushProperty, ARefusalHasSentencesAndNoStepAndAnAcceptanceAGoal, ()) {
  const World world = any_world();
  const PushPlan plan = plan_push(world.source, world.target, any_config(), any_options(world));
  RC_ASSERT((plan.code == ExitCode::ok) != plan.to.empty());
  if (plan.code != ExitCode::ok) {
    RC_ASSERT((!plan.refusal.empty() && plan.datasets.empty() && !plan.send));
    return;
  }
  RC_ASSERT(plan.datasets.size() == world.source.datasets.size());
  bool obstructed = false;
  for (const DatasetPlan& each : plan.datasets) {
    const bool stays = each.outcome == Outcome::kept_back || each.outcome == Outcome::failed;
    RC_ASSERT((stays || each.code == ExitCode::ok));
    RC_ASSERT((!stays || (!each.why.empty() && each.steps.empty() && each.goal.empty())));
    RC_ASSERT((each.outcome != Outcome::failed || each.code == ExitCode::failed));
    RC_ASSERT((each.outcome != Outcome::up_to_date || (each.steps.empty() && each.then.empty())));
    // What has snapshots and is not sent is never a success; what is sent, is sent up to its newest.
    const Dataset& here = *world.source.find(each.relative);
    const bool renames = plan.unfinished && each.code == ExitCode::ok;
    RC_ASSERT((!stays || renames || here.snapshots.empty() || each.code != ExitCode::ok));
    RC_ASSERT((stays || here.newest()->name == each.goal));
    obstructed |= position_of(world.source, world.target, each.relative).obstacle != Obstacle::none;
  }
  RC_ASSERT(obstructed == !plan.refusal.empty());
}

RC_GTEST_PROP(PushProperty, AFullSendNeedsATargetThatDoesNotExistAndToBeAskedFor, ()) {
  const World world = any_world();
  const PushOptions options = any_options(world);
  const PushPlan plan = plan_push(world.source, world.target, any_config(), options);
  if (!world.target.exists() && has_steps(plan)) RC_ASSERT(options.allow_full);
  if (plan.send && !plan.send->base) RC_ASSERT((options.allow_full && !world.target.exists()));
}

RC_GTEST_PROP(PushProperty, APlanIsOneThatZfsCarriesOutAndItsGoalsAreReached, ()) {
  World world = any_world();
  const TargetConfig config = any_config();
  const PushOptions options = any_options(world);
  prepare(world, config, options);
  const PushPlan plan = plan_push(world.source, world.target, config, options);
  const Inventory before = world.target;
  CarefulZfs zfs(world.source, world.target);
  zfs.perform(plan);
  for (const DatasetPlan& each : plan.datasets) {
    if (each.outcome == Outcome::kept_back || each.outcome == Outcome::failed) {
      const Dataset* there = before.find(each.relative);
      RC_ASSERT((there == nullptr) == (world.target.find(each.relative) == nullptr));
      if (there != nullptr) RC_ASSERT(there->snapshots.size() == world.target.find(each.relative)->snapshots.size());
    } else if (!each.goal.empty()) {
      const Dataset* there = world.target.find(each.relative);
      const Snapshot* goal = world.source.find(each.relative)->find_by_name(each.goal);
      RC_ASSERT((there != nullptr && goal != nullptr));
      const bool continues_elsewhere = position_of(world.source, before, each.relative).bookmark != nullptr;
      RC_ASSERT((there->find_by_guid(goal->guid) != nullptr || continues_elsewhere || world.lost_at_target));
    }
  }
  for (const auto& [relative, there] : before.datasets) RC_ASSERT((world.target.find(relative) != nullptr));
  RC_CLASSIFY(plan.send.has_value(), "one stream");
  RC_CLASSIFY(zfs.steps() > (plan.send ? 1U : 0U), "datasets by themselves");
}

RC_GTEST_PROP(PushProperty, ItSoonFindsNothingLeftToDoAndTheSidesAgree, ()) {
  World world = any_world();
  const TargetConfig config = any_config();
  const PushOptions options = asked_for_full();
  std::size_t rounds = 0;
  for (bool done = false; !done; ++rounds) {
    RC_ASSERT(rounds < 3U);
    const std::size_t prepared = prepare(world, config, options);
    const PushPlan plan = plan_push(world.source, world.target, config, options);
    if (plan.code != ExitCode::ok) {
      RC_ASSERT((plan.code == ExitCode::needs_person || world.source.find("")->snapshots.empty()));
      RC_ASSERT(!has_steps(plan));
      return;
    }
    done = prepared == 0 && !has_steps(plan);
    CarefulZfs(world.source, world.target).perform(plan);
  }
  // Only what somebody destroyed at the target behind its newest snapshot can never come back by an increment.
  const PushPlan plan = plan_push(world.source, world.target, config, options);
  NumberNaming naming;
  const Verification verified = verify(world.source, world.target, plan.datasets, Mirror::off, naming, MirrorPlan());
  for (const Disagreement& each : verified.disagreements) RC_LOG() << each.text << "\n";
  RC_ASSERT((verified.disagreements.empty() || world.lost_at_target));
  RC_CLASSIFY(rounds > 1, "something was done");
  RC_CLASSIFY(std::any_of(plan.datasets.begin(), plan.datasets.end(),
                          [](const DatasetPlan& each) { return each.outcome == Outcome::kept_back; }),
              "something is kept back");
}

RC_GTEST_PROP(PushProperty, AfterSendingAndMirroringTheSidesAgree, ()) {
  World world = any_world();
  const TargetConfig config = any_config();
  NumberNaming naming;
  prepare(world, config, asked_for_full());
  const PushPlan push = plan_push(world.source, world.target, config, asked_for_full());
  RC_PRE(push.code == ExitCode::ok);
  CarefulZfs(world.source, world.target).perform(push);
  const MirrorPlan mirror = plan_mirror(world.source, world.target, config, naming, false);
  for (const DestroySnapshots& step : mirror.steps)
    for (const std::string& name : step.names) {
      const Snapshot* going = world.target.find(step.relative)->find_by_name(name);
      RC_ASSERT((going != nullptr && world.source.find(step.relative)->find_by_guid(going->guid) == nullptr));
    }
  for (const DestroySnapshots& step : mirror.steps) predict(step, world.target);
  const Verification verified = verify(world.source, world.target, push.datasets, config.mirror, naming, mirror);
  for (const Disagreement& each : verified.disagreements) {
    RC_LOG() << each.text << "\n";
    RC_ASSERT((world.lost_at_target && each.text.find(" is missing at the target") != std::string::npos));
  }
  RC_CLASSIFY(has_steps(push), "sends");
  RC_CLASSIFY(!mirror.steps.empty(), "mirrors");
}

RC_GTEST_PROP(PushProperty, StepsOfAChildComeAfterItsParents, ()) {
  World world = any_world();
  const TargetConfig config = any_config();
  const PushOptions options = any_options(world);
  prepare(world, config, options);
  const PushPlan plan = plan_push(world.source, world.target, config, options);
  std::set<std::string> earlier;
  for (const DatasetPlan& each : plan.datasets) {
    if (const auto parent = parent_of(each.relative)) RC_ASSERT(earlier.count(*parent) == 1U);
    earlier.insert(each.relative);
    const auto parent = parent_of(each.relative);
    const bool first = world.target.find(each.relative) == nullptr;
    if (first && !each.steps.empty() && parent && world.target.find(*parent) == nullptr)
      RC_ASSERT(std::find(each.after.begin(), each.after.end(), *parent) != each.after.end());
  }
}

}  // namespace
}  // namespace czb
