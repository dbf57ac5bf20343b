// SPDX-License-Identifier: MIT
// Destroying on ZFS in memory (execute/step_runner.h): what came to be in use, held or cloned since the listing keeps
// itself alive, and nothing else.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <set>
#include <string>

#include "execute/step_runner.h"
#include "model/model_transport.h"
#include "plan/destroy_batches.h"

namespace czb {
namespace {

using model::ModelTransport;
using model::SnapshotState;
using model::Words;
using model::ZfsModel;

std::set<std::string> snapshots_of(const ZfsModel& zfs) {
  std::set<std::string> names;
  for (const std::string& name : zfs.names())
    for (const SnapshotState& snapshot : zfs.find(name)->snapshots) names.insert(name + "@" + snapshot.name);
  return names;
}

RC_GTEST_PROP(DestroyProperty, WhatZfsKeepsIsSparedAndAllTheRestGoesInFewProcesses, ()) {
  spdlog::set_level(spdlog::level::off);
  const auto zfs = std::make_shared<ZfsModel>(*rc::gen::inRange(1U, 1000U));
  zfs->add_pool("zippy");
  const auto run = [&](Words words) {
    words.insert(words.begin(), "zfs");
    RC_ASSERT(zfs->command(words).status == 0);
  };
  Words datasets = {"zippy/r"};
  run({"create", datasets.front()});
  const auto parents = *rc::gen::resize(8, rc::gen::container<std::vector<unsigned>>(rc::gen::inRange(0U, 1000U)));
  for (const unsigned parent : parents) {
    datasets.push_back(datasets[parent % datasets.size()] + "/" + std::to_string(datasets.size()));
    run({"create", datasets.back()});
  }
  for (const char* name : {"t1", "t2", "t3", "t4"}) run({"snapshot", "-r", datasets.front() + "@" + name});

  const auto transport = std::make_shared<ModelTransport>(zfs);
  Host host(transport, std::chrono::seconds(0));
  Inventory inventory = host.observe(datasets.front(), {}, true);
  Doomed doomed;
  std::set<std::string> going;
  std::set<std::string> kept;
  const bool agreeing = *rc::gen::arbitrary<bool>();
  for (const auto& [relative, dataset] : inventory.datasets)
    for (const Snapshot& snapshot : dataset.snapshots)
      if (agreeing ? snapshot.name != "t4" : *rc::gen::inRange(0, 3) > 0) {
        doomed[relative].insert(snapshot.name);
        going.insert(inventory.full_name(relative) + "@" + snapshot.name);
      }
  for (const std::string& name : going) {
    const std::string dataset = name.substr(0, name.find('@'));
    const std::string snapshot = name.substr(name.find('@') + 1);
    auto& snapshots = zfs->edit(dataset).snapshots;
    const auto state = std::find_if(snapshots.begin(), snapshots.end(),
                                    [&](const SnapshotState& each) { return each.name == snapshot; });
    switch (*rc::gen::inRange(0, 30)) {
      case 0:
        state->in_use = true;
        break;
      case 1:
        state->holds.insert("somebody");
        break;
      case 2:
        run({"clone", name, "zippy/clone-" + std::to_string(kept.size())});
        break;
      default:
        continue;
    }
    kept.insert(name);
  }

  const std::vector<DestroySnapshots> steps = destroy_batches(Side::source, inventory, doomed);
  std::set<std::string> expected;
  for (const std::string& name : snapshots_of(*zfs))
    if (going.count(name) == 0 || kept.count(name) != 0) expected.insert(name);
  ActionReport report;
  const StepRunner::Destroyed destroyed = StepRunner(false).perform_destroys(steps, host, inventory, report);
  RC_ASSERT(snapshots_of(*zfs) == expected);
  RC_ASSERT(destroyed.count == going.size() - kept.size());
  std::set<std::string> spared;
  for (const Spared& each : destroyed.spared) RC_ASSERT(spared.insert(each.snapshot).second);
  RC_ASSERT(spared == kept);
  RC_ASSERT(report.spared.size() == kept.size());
  RC_ASSERT(report.code == ExitCode::ok);
  // Each that stays costs the command that it fails, and those that its name breaks up into.
  RC_ASSERT(report.steps.size() <= steps.size() + kept.size() * (datasets.size() + 1));
}

}  // namespace
}  // namespace czb
