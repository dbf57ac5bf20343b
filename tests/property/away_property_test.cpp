// SPDX-License-Identifier: MIT
// What may have arrived at a target stays at the source until the target has been seen (adr/0019): a run is killed at
// any point, the target is away for any number of runs under any policy, and comes back. Then increments go on.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "accidents.h"
#include "any_retention.h"
#include "converge_world.h"
#include "model/model_transport.h"
#include "zfs/commands.h"

namespace czb {
namespace {

using model::DatasetState;
using model::ModelTransport;
using model::SnapshotState;
using model::Words;
using model::ZfsModel;
using test::ConvergeWorld;
using test::Happening;
using test::has_bookmark;
using test::has_snapshot;
using test::root_here;
using test::root_there;
using test::told;

// Of all sizes: where rapidcheck's own is small, so are its numbers.
template <typename Number>
Number below(Number limit) {
  return *rc::gen::resize(100, rc::gen::inRange<Number>(0, limit));
}

const std::set<Action> all_actions = {Action::snapshot, Action::expire, Action::push};

std::shared_ptr<Retention> any_policy() {
  return std::make_shared<test::AnyRetention>(*rc::gen::arbitrary<std::uint64_t>());
}

std::string any_dataset(const ConvergeWorld& world) { return *rc::gen::elementOf(world.datasets()); }

// Data, and now and then a dataset or a snapshot of one dataset alone.
void work(ConvergeWorld& world) {
  for (int left = below(4); left > 0; --left) {
    const std::string name = any_dataset(world);
    world.here->write(name, 50 + below(350U));
    if (below(4) == 0) world.zfs({"create", name + "/n" + std::to_string(below(9))});
    if (below(4) == 0) world.zfs({"snapshot", name + "@t" + std::to_string(++world.now)});
    if (below(4) == 0) world.zfs({"snapshot", "-r", root_here + "@t" + std::to_string(++world.now)});
  }
}

// From one of its commands on, nothing of the program happens any more; a receive may end before that.
JobReport run_killed(ConvergeWorld& world, std::set<Action> actions) {
  const unsigned command = below(14U);
  const bool at_source = *rc::gen::arbitrary<bool>();
  const bool cut = *rc::gen::arbitrary<bool>();
  const unsigned receive = below(4U);
  const std::uint64_t bytes = below<std::uint64_t>(1200);
  world.job.targets.front().retries = 0;
  JobReport report = world.run(
      [&](ModelTransport& source, ModelTransport& target) {
        const auto killed = [&source, &target](ZfsModel&) {
          source.refuse(true, false);
          target.refuse(true, false);
        };
        (at_source ? source : target).before_command(command, killed);
        if (cut) target.cut_receive(receive, bytes, true);
      },
      false, std::move(actions), any_policy());
  world.job.targets.front().retries = 3;
  return report;
}

void expect_increments_go_on(ConvergeWorld& world) {
  JobReport report = world.run_well();
  RC_LOG() << told(report);
  RC_ASSERT(report.code() != ExitCode::needs_person);
  if (report.code() != ExitCode::ok) report = world.run_well();
  RC_LOG() << told(report);
  RC_ASSERT(report.code() == ExitCode::ok);
  for (const std::string& name : world.datasets()) {
    const DatasetState* there = world.there->find(root_there + name.substr(root_here.size()));
    RC_ASSERT(there != nullptr);
    const DatasetState& here = *world.here->find(name);
    for (const SnapshotState& snapshot : here.snapshots) RC_ASSERT(has_snapshot(*there, snapshot.guid));
    RC_ASSERT(has_bookmark(here, here.newest()->guid));  // also of one that it has alone
  }
}

RC_GTEST_PROP(AwayProperty, KilledAnywhereThenAwayUnderAnyPolicyItGoesOnByIncrements, ()) {
  ConvergeWorld world(*rc::gen::inRange(1U, 1000U), *rc::gen::arbitrary<bool>());
  world.job.destroy_limit_percent = 100;
  world.job.targets.front().parallel = *rc::gen::element(1U, 3U);
  for (const char* const child : {"/a", "/a/b", "/c"})
    if (*rc::gen::arbitrary<bool>()) world.zfs({"create", root_here + child});
  for (int left = below(4); left > 0; --left) {
    work(world);
    if (below(4) == 0) {
      // Lost or wrong until the next run that goes well.
      *rc::gen::arbitrary<bool>() ? lose_record(world) : falsify_record(world, *rc::gen::inRange(0U, 100U));
      RC_ASSERT(world.run_well().code() == ExitCode::ok);
    }
    if (*rc::gen::arbitrary<bool>())
      world.run([](ModelTransport&, ModelTransport&) {}, false, all_actions, any_policy());
    else
      run_killed(world, all_actions);
  }
  for (int left = 1 + below(4); left > 0; --left) {
    work(world);
    run_killed(world, {Action::push});
    RC_ASSERT(unprotected(world).empty());
    be_away(world, 1 + below(2U), *rc::gen::arbitrary<bool>(), all_actions, any_policy);
  }
  expect_increments_go_on(world);
}

// Made by another tool, or the property was lost; and then pushes that fail for good.
RC_GTEST_PROP(AwayProperty, WhatIsRecordedIsThere, ()) {
  ConvergeWorld world(*rc::gen::inRange(1U, 1000U), *rc::gen::arbitrary<bool>());
  for (const char* const child : {"/a", "/a/b", "/c"}) world.zfs({"create", root_here + child});
  work(world);
  RC_ASSERT(world.run_well().code() == ExitCode::ok);
  if (*rc::gen::arbitrary<bool>())
    *rc::gen::arbitrary<bool>() ? lose_record(world) : falsify_record(world, *rc::gen::inRange(0U, 100U));
  work(world);
  world.zfs({"snapshot", "-r", root_here + "@t" + std::to_string(++world.now)});
  const Happening bad{*rc::gen::inRange(0U, 1000U), *rc::gen::inRange(0U, 1000U), *rc::gen::inRange(0U, 1000U)};
  if (*rc::gen::arbitrary<bool>()) world.there->pool("offsite").free = *rc::gen::inRange(0U, 600U);
  const JobReport report = world.run_badly(bad);
  RC_LOG() << told(report);
  const std::vector<PlannedStep>& steps = report.targets.front().push.steps;
  const bool sent = std::any_of(steps.begin(), steps.end(),
                                [](const PlannedStep& each) { return receiving_argv(each.step).has_value(); });
  if (sent || report.targets.front().agrees) RC_ASSERT(unprotected(world).empty());
}

}  // namespace
}  // namespace czb
