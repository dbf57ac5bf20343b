// SPDX-License-Identifier: MIT
// What one thing among many does to the rest of a tree (converge_world.h): what is asked of properties, what is gone or
// renamed, what fails or is in use.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cstdint>
#include <set>
#include <string>
#include <variant>
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
using test::any_converge_world;
using test::ConvergeWorld;
using test::Guids;
using test::guids_below;
using test::has_snapshot;
using test::root_here;
using test::root_there;
using test::told;

// Whether it came with the stream of the tree, by itself, or as the rest of an interrupted stream.
RC_GTEST_PROP(ConvergeProperty, WhatIsAskedOfPropertiesHoldsHoweverADatasetCame, ()) {
  ConvergeWorld world = any_converge_world();
  world.settle();
  JobReport report = world.run_well();
  if (report.code() != ExitCode::ok) report = world.run_well();
  RC_LOG() << told(report);
  for (const std::string& name : world.datasets()) {
    const std::string there_name = root_there + name.substr(root_here.size());
    if (world.there->find(there_name) == nullptr) continue;
    for (const auto& [property, value] : world.job.targets.front().properties) {
      if (property == "canmount" || property == "mountpoint") continue;  // not of volumes, or not inherited
      const auto at = world.there->property(there_name, property);
      if (name == root_here && value)
        RC_ASSERT(at == value);
      else
        RC_ASSERT(at == world.there->property(there_name.substr(0, there_name.rfind('/')), property));
    }
  }
}

bool lies_in_clear(const JobReport& report) {
  const std::vector<std::string>& warnings = report.targets.front().push.warnings;
  return std::any_of(warnings.begin(), warnings.end(), [](const std::string& warning) {
    return warning.find("in clear at the target: 'at-rest: encrypt' holds") != std::string::npos;
  });
}

// Below an encrypted place, of a tree that may be encrypted in part (adr/0020).
RC_GTEST_PROP(ConvergeProperty, WhatIsInClearLiesAtTheTargetAsTheJobSaysHoweverItCame, ()) {
  ConvergeWorld world(*rc::gen::inRange(1U, 1000U), false);
  DatasetState& place = world.there->edit("offsite");
  place.encryption_root = place.object;
  place.master_key = place.guid;
  TargetConfig& target = world.job.targets.front();
  target.at_rest = *rc::gen::element(AtRest::as_sent, AtRest::encrypt);
  target.parallel = *rc::gen::element(1U, 3U);
  for (const char* const child : {"/a", "/a/b", "/c"}) {
    Words create = {"create"};
    if (*rc::gen::inRange(0, 4) == 0) create = {"create", "-o", "encryption=on", "-o", "keyformat=passphrase"};
    create.push_back(root_here + child);
    world.zfs(create);
  }
  const auto number = rc::gen::resize(100, rc::gen::inRange(0U, 1000U));
  const auto happenings = *rc::gen::resize(12, rc::gen::container<std::vector<test::Happening>>(
                                                   rc::gen::construct<test::Happening>(number, number, number)));
  for (const test::Happening& happening : happenings) world.happen(happening);
  world.settle();
  JobReport report = world.run_well();
  if (report.code() != ExitCode::ok) report = world.run_well();
  RC_LOG() << told(report);
  if (!world.meddled && !world.has_namesakes()) RC_ASSERT(report.code() == ExitCode::ok);
  if (report.code() != ExitCode::ok) return;
  for (const std::string& name : world.datasets()) {
    const std::string there = root_there + name.substr(root_here.size());
    if (world.there->find(there) == nullptr || !world.here->encryption_root(name).empty()) continue;
    if (!world.there->origin(there).empty()) continue;  // a clone lies as its origin does
    // Moved below what is encrypted: nobody at the target has that key.
    bool has_place = target.at_rest == AtRest::encrypt;
    for (std::string above = name; above != root_here; above.resize(above.rfind('/')))
      has_place &= world.here->encryption_root(above).empty();
    const std::string wanted = has_place ? "offsite" : "";
    const std::string is = world.there->encryption_root(there);
    const bool was_elsewhere = has_place && is.empty();  // moved from below one that is encrypted: that is told
    RC_ASSERT((is == wanted || (was_elsewhere && lies_in_clear(report))));
  }
}

RC_GTEST_PROP(ConvergeProperty, WhatIsGoneGoesOnlyWhereAllTheRestHasArrived, ()) {
  ConvergeWorld world = any_converge_world();
  world.job.targets.front().on_source_gone = OnSourceGone::destroy;
  const Guids source_before = guids_below(*world.here, root_here);
  const Guids target_before = guids_below(*world.there, root_there);
  if (*rc::gen::inRange(0, 3) == 0) world.there->pool("offsite").free = *rc::gen::inRange(0U, 600U);
  const JobReport report = world.run_well();
  RC_LOG() << told(report);
  const TargetReport& target = report.targets.front();
  const bool destroyed = std::any_of(target.push.steps.begin(), target.push.steps.end(), [](const PlannedStep& each) {
    return std::holds_alternative<DestroyDataset>(each.step);
  });
  RC_ASSERT((target.agrees || !destroyed));
  const Guids target_after = guids_below(*world.there, root_there);
  for (const std::uint64_t guid : target_before)
    RC_ASSERT(target_after.count(guid) == 1 || source_before.count(guid) == 0);
}

// However the tree goes: as one stream, in part encrypted or with a limit of space left out dataset by dataset.
RC_GTEST_PROP(ConvergeProperty, SnapshotsThatWereRenamedHaveTheirNamesAtTheTargetAfterOneRun, ()) {
  ConvergeWorld world(*rc::gen::inRange(1U, 1000U), *rc::gen::arbitrary<bool>());
  TargetConfig& target = world.job.targets.front();
  target.destroy_limit_percent = 100;
  if (*rc::gen::arbitrary<bool>()) target.properties["quota"] = std::nullopt;
  for (const std::string child : {"/a", "/a/b", "/c"}) {
    Words create = {"create"};
    if (*rc::gen::inRange(0, 4) == 0) create = {"create", "-o", "encryption=on", "-o", "keyformat=passphrase"};
    create.push_back(root_here + child);
    world.zfs(create);
  }
  const bool in_all = *rc::gen::arbitrary<bool>();
  const Words names = in_all ? Words{root_here} : world.datasets();
  const std::string name = *rc::gen::elementOf(names);
  // Names that go round each day, the oldest of them destroyed.
  const auto zfs = [&](Words words, const Words& arguments) {
    if (in_all) words.emplace_back("-r");
    words.insert(words.end(), arguments.begin(), arguments.end());
    world.zfs(words);
  };
  for (int day = 0; day < 5; ++day) {
    if (day > 2) zfs({"destroy"}, {name + "@r2"});
    for (int i = 1; i >= 0; --i)
      if (day > i) zfs({"rename"}, {name + "@r" + std::to_string(i), name + "@r" + std::to_string(i + 1)});
    zfs({"snapshot"}, {name + "@r0"});
    const JobReport report = world.run_well();
    RC_LOG() << told(report);
    RC_ASSERT(report.code() == ExitCode::ok);
    for (const std::string& each : world.datasets()) {
      const DatasetState& there = *world.there->find(root_there + each.substr(root_here.size()));
      for (const SnapshotState& mine : world.here->find(each)->snapshots) {
        const SnapshotState* const theirs = there.snapshot(mine.name);
        RC_ASSERT((theirs != nullptr));
        RC_ASSERT(theirs->guid == mine.guid);
      }
    }
  }
}

RC_GTEST_PROP(ConvergeProperty, AFailedSnapshotStopsNoPush, ()) {
  ConvergeWorld world = any_converge_world();
  world.settle();
  world.zfs({"snapshot", "-r", root_here + "@by-hand"});
  const std::uint64_t by_hand = world.here->find(root_here)->newest()->guid;
  const JobReport report =
      world.run([](ModelTransport& source, ModelTransport&) { source.fail_command(0, model::When::before); });
  RC_ASSERT(report.snapshot->code == ExitCode::failed);
  RC_ASSERT(report.code() == ExitCode::failed || report.code() == ExitCode::needs_person);
  const TargetReport& target = report.targets.front();
  if (target.agrees) RC_ASSERT(has_snapshot(*world.there->find(root_there), by_hand));
  RC_ASSERT((target.agrees || world.meddled || world.has_namesakes() || target.push.code != ExitCode::ok));
}

// With on-divergence: rollback, its own snapshots have to go before anything can arrive.
RC_GTEST_PROP(ConvergeProperty, ASnapshotInUseAtTheTargetConcernsItsDatasetAlone, ()) {
  ConvergeWorld world(*rc::gen::inRange(1U, 1000U), *rc::gen::arbitrary<bool>());
  world.job.targets.front().on_divergence = OnDivergence::rollback;
  for (const char* const child : {"/a", "/a/b", "/c", "/d"}) world.zfs({"create", root_here + child});
  RC_ASSERT(world.run_well().code() == ExitCode::ok);
  std::set<std::string> in_use;
  for (const std::string& name : world.datasets()) {
    const std::string there = root_there + name.substr(root_here.size());
    world.here->write(name);
    if (*rc::gen::arbitrary<bool>()) continue;
    RC_ASSERT(world.there->command({"zfs", "snapshot", there + "@own"}).status == 0);
    if (*rc::gen::arbitrary<bool>()) continue;
    world.there->edit(there).snapshots.back().in_use = true;
    in_use.insert(name);
  }
  const JobReport report = world.run_well();
  RC_LOG() << told(report);
  RC_ASSERT((report.code() == ExitCode::ok) == in_use.empty());
  if (in_use.count(root_here) != 0) return;  // the root is kept back, and so the whole
  for (const std::string& name : world.datasets()) {
    const DatasetState& there = *world.there->find(root_there + name.substr(root_here.size()));
    RC_ASSERT(has_snapshot(there, world.here->find(name)->newest()->guid) == (in_use.count(name) == 0));
  }
}

}  // namespace
}  // namespace czb
