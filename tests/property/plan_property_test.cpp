// SPDX-License-Identifier: MIT
// What holds of every plan of what expires and what is mirrored, and of whole runs, over the trees of world.h. Plans
// are carried out by plan/predict.h; what ZFS would do is written anew in unit/inventory_builder.h and careful_zfs.h.
// Pushes alone: push_property_test.cpp.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "any_retention.h"
#include "careful_zfs.h"
#include "plan/destroy_batches.h"
#include "plan/expire.h"
#include "plan/gone.h"
#include "plan/mirror.h"
#include "plan/predict.h"
#include "plan/push.h"
#include "plan/record.h"
#include "retention-gfs/gfs.h"
#include "unit/inventory_builder.h"
#include "world.h"
#include "zfs/commands.h"

namespace czb {
namespace {

using test::all_snapshots;
using test::any_config;
using test::any_world;
using test::AnyRetention;
using test::CarefulZfs;
using test::counted_by;
using test::destroyed_by;
using test::Names;
using test::NumberNaming;
using test::World;

RC_GTEST_PROP(MirrorProperty, DestroysExactlyTheOldExtrasThatNothingProtects, ()) {
  const World world = any_world();
  const TargetConfig config = any_config();
  NumberNaming naming;
  const MirrorPlan plan = plan_mirror(world.source, world.target, config, naming, true);
  Names expected;
  for (const auto& [relative, there] : world.target.datasets) {
    const Dataset* here = world.source.find(relative);
    const Snapshot* common = here == nullptr ? nullptr : newest_common(there, *here);
    for (const Snapshot& s : there.snapshots) {
      const bool extra = common != nullptr && s.createtxg < common->createtxg && here->find_by_guid(s.guid) == nullptr;
      const bool foreign = s.name.front() == 'x';
      if (extra && s.holds == 0 && !s.has_clones && config.mirror != Mirror::off &&
          !(foreign && config.mirror == Mirror::ours))
        expected.insert(world.target.full_name(relative) + "@" + s.name);
    }
  }
  RC_ASSERT(destroyed_by(plan.steps, world.target) == expected);
  RC_ASSERT((plan.count == expected.size() && counted_by(plan.steps) == plan.count));
  RC_CLASSIFY(expected.size() > 1, "several go");
}

RC_GTEST_PROP(MirrorProperty, TheGuardLeavesADatasetAloneOrDoesTheSame, ()) {
  const World world = any_world();
  const TargetConfig config = any_config();
  NumberNaming naming;
  const Names guarded =
      destroyed_by(plan_mirror(world.source, world.target, config, naming, false).steps, world.target);
  const Names forced = destroyed_by(plan_mirror(world.source, world.target, config, naming, true).steps, world.target);
  for (const auto& [relative, there] : world.target.datasets) {
    std::size_t with = 0;
    std::size_t without = 0;
    for (const Snapshot& s : there.snapshots) {
      with += guarded.count(world.target.full_name(relative) + "@" + s.name);
      without += forced.count(world.target.full_name(relative) + "@" + s.name);
    }
    const bool lots = without * 100 > there.snapshots.size() * config.destroy_limit_percent;
    RC_ASSERT(with == (lots ? 0 : without));
  }
}

bool is_being_received(const Dataset* there, const Snapshot& snapshot) {
  return there != nullptr && there->partial &&
         (there->partial->to_guid == snapshot.guid || there->partial->from_guid == snapshot.guid);
}

RC_GTEST_PROP(ExpireProperty, ExpiresExactlyWhatThePluginSaysAndNothingProtects, ()) {
  const World world = any_world();
  NumberNaming naming;
  AnyRetention retention(*rc::gen::arbitrary<std::uint64_t>());
  ExpireRequest request;
  request.now = 1'000'000;
  request.force_destroy_lots = true;
  request.targets["far"] = &world.target;
  const std::string recorded = "t" + std::to_string(*rc::gen::inRange(10U, 40U));
  request.records["away"] = {recorded, {}};
  const ExpirePlan plan = plan_expire(world.source, naming, retention, request);
  Names expected;
  for (const auto& [relative, here] : world.source.datasets) {
    const Dataset* there = world.target.find(relative);
    const Snapshot* common = there == nullptr ? nullptr : newest_common(here, *there);
    const auto newest_own = std::find_if(here.snapshots.rbegin(), here.snapshots.rend(),
                                         [](const Snapshot& s) { return s.name.front() == 't'; });
    for (const Snapshot& s : here.snapshots)
      if (s.name.front() == 't' && retention.expires(s.guid) && s.guid != newest_own->guid && s.name != recorded &&
          (common == nullptr || s.guid != common->guid) && !is_being_received(there, s) && s.holds == 0 &&
          !s.has_clones)
        expected.insert(world.source.full_name(relative) + "@" + s.name);
  }
  RC_ASSERT(destroyed_by(plan.steps, world.source) == expected);
  RC_ASSERT((plan.count == expected.size() && counted_by(plan.steps) == plan.count));
  RC_CLASSIFY(expected.size() > 1, "several go");
}

RC_GTEST_PROP(ExpireProperty, WithoutForceNoDatasetLosesMoreThanItsLimitOfOurs, ()) {
  const World world = any_world();
  NumberNaming naming;
  AnyRetention retention(*rc::gen::arbitrary<std::uint64_t>());
  ExpireRequest request;
  request.now = *rc::gen::element<std::int64_t>(20, 1'000'000);
  request.destroy_limit_percent = *rc::gen::inRange(0U, 101U);
  const Names gone = destroyed_by(plan_expire(world.source, naming, retention, request).steps, world.source);
  for (const auto& [relative, here] : world.source.datasets) {
    std::size_t own = 0;
    std::size_t going = 0;
    bool future = false;
    for (const Snapshot& s : here.snapshots) {
      std::int64_t time = 0;
      if (!naming.parse(s.name, time)) continue;
      ++own;
      future |= time > request.now;
      going += gone.count(world.source.full_name(relative) + "@" + s.name);
    }
    RC_ASSERT(going * 100 <= own * request.destroy_limit_percent);
    RC_ASSERT((!future || going == 0));
  }
}

RC_GTEST_PROP(DestroyBatchesProperty, DestroyExactlyTheDoomedAndNoWordIsTooLong, ()) {
  const World world = any_world();
  const std::uint64_t salt = *rc::gen::arbitrary<std::uint64_t>();
  const std::size_t longest = *rc::gen::element<std::size_t>(1, 20, 40, longest_destroy_word);
  const bool by_name = *rc::gen::arbitrary<bool>();  // so that subtrees often agree
  Doomed doomed;
  Names expected;
  for (const auto& [relative, dataset] : world.source.datasets)
    for (const Snapshot& s : dataset.snapshots)
      if (AnyRetention(salt).expires(by_name ? s.createtxg : s.guid)) {
        doomed[relative].insert(s.name);
        expected.insert(world.source.full_name(relative) + "@" + s.name);
      }
  const std::vector<DestroySnapshots> steps = destroy_batches(Side::source, world.source, doomed, longest);
  RC_ASSERT(destroyed_by(steps, world.source) == expected);
  RC_ASSERT(counted_by(steps) == expected.size());
  for (const DestroySnapshots& step : steps)
    RC_ASSERT((step.names.size() == 1 || argv_of(step).back().size() <= longest));
  Inventory left = world.source;
  for (const DestroySnapshots& step : steps) {
    const std::size_t before = left.snapshot_count();
    predict(step, left);
    RC_ASSERT((before - left.snapshot_count() == step.count && step.count > 0U));
  }
  RC_CLASSIFY(std::any_of(steps.begin(), steps.end(), [](const auto& step) { return step.recursive; }), "recursive");
}

// The bundled policy, a snapshot's second being a day.
class Gfs final : public Retention {
 public:
  Status judge(const SnapshotView* snapshots, std::uint64_t count, std::int64_t, VerdictSink& verdicts,
               TextSink&) noexcept override {
    std::vector<SnapshotView> days(snapshots, snapshots + count);
    for (SnapshotView& view : days) view.time *= 86400;
    const auto all = gfs::judge({0, 3, 1, 1, 0}, days.data(), days.size());
    for (std::uint64_t i = 0; i < count; ++i) verdicts.verdict(i, all[i].decision, "gfs");
    return Status::ok;
  }
};

// What the source still has may go from the target only where the target has it elsewhere.
void destroys_no_only_copy(const World& world, const std::vector<Step>& steps) {
  for (const Step& step : steps) {
    const auto* destroy = std::get_if<DestroySnapshots>(&step);
    if (destroy == nullptr) continue;
    for (const std::string& name : destroy->names) {
      const Snapshot* going = world.target.find(destroy->relative)->find_by_name(name);
      RC_ASSERT((going != nullptr));
      bool at_source = false;
      for (const auto* datasets : {&world.source.datasets, &world.source.excluded})
        for (const auto& [relative, dataset] : *datasets) at_source |= dataset.find_by_guid(going->guid) != nullptr;
      std::size_t copies = 0;
      for (const auto& [relative, dataset] : world.target.datasets)
        copies += dataset.find_by_guid(going->guid) != nullptr ? 1U : 0U;
      RC_ASSERT((!at_source || copies > 1U));
    }
  }
}

PushOptions asked_for_full() {
  PushOptions options;
  options.allow_full = true;
  return options;
}

struct Run {
  ExitCode code = ExitCode::ok;  // of the push
  std::size_t steps = 0;
  std::set<std::string> kept_back;
};

// One run without a snapshot action, as execute/ does it. Without failures one round is enough.
Run run_once(World& world, const TargetConfig& config) {
  Run run;
  NumberNaming naming;
  Gfs retention;
  ExpireRequest request;
  request.now = 1'000'000;
  request.force_destroy_lots = true;
  if (auto record = recorded(world.source.find("")->user_properties, "far", "tank")) request.records["far"] = *record;
  request.targets["far"] = &world.target;
  const ExpirePlan expire = plan_expire(world.source, naming, retention, request);
  for (const DestroySnapshots& step : expire.steps) predict(step, world.source);

  CarefulZfs zfs(world.source, world.target);
  zfs.perform(plan_preparation(world.source, world.target, config, true, {}),
              config.on_divergence == OnDivergence::rollback);
  const PushPlan push = plan_push(world.source, world.target, config, asked_for_full());
  run.code = push.code;
  if (push.code != ExitCode::ok) return run;
  for (const DatasetPlan& each : push.datasets)
    if (each.outcome == Outcome::kept_back) run.kept_back.insert(each.relative);
  zfs.perform(push);
  const MirrorPlan mirror = plan_mirror(world.source, world.target, config, naming, true);
  for (const DestroySnapshots& step : mirror.steps) predict(step, world.target);
  const GonePlan gone = plan_gone(world.source, world.target, config, true);
  for (const std::vector<Step>& steps : gone.datasets) {
    destroys_no_only_copy(world, steps);
    for (const Step& step : steps) {
      if (const auto* destroy = std::get_if<DestroySnapshots>(&step)) predict(*destroy, world.target);
      if (const auto* dataset = std::get_if<DestroyDataset>(&step)) predict(*dataset, world.target);
    }
  }
  if (const auto record = record_after(world.source, world.target, "far")) predict(*record, world.source);
  for (auto& [relative, dataset] : world.source.datasets)
    if (const Snapshot* base = dataset.find_by_name(push.to)) World::bookmark(dataset, *base);
  run.steps = expire.steps.size() + zfs.steps() + mirror.steps.size() + gone.datasets.size();
  return run;
}

// The first run may spare what the target still continued from; the second takes it; then all is done.
RC_GTEST_PROP(RunProperty, SoonThereIsNothingLeftToDo, ()) {
  World world = any_world();
  const TargetConfig config = any_config();
  RC_PRE(run_once(world, config).code == ExitCode::ok);
  const Names source = all_snapshots(world.source);
  RC_ASSERT(run_once(world, config).code == ExitCode::ok);
  RC_ASSERT(all_snapshots(world.source).size() <= source.size());
  RC_ASSERT(run_once(world, config).steps == 0U);
}

RC_GTEST_PROP(RunProperty, ASecondRunDoesNothingWhereTheTargetNeededNothingOld, ()) {
  World world = any_world();
  const TargetConfig config = any_config();
  // The target is up to date before the run.
  for (auto it = world.target.datasets.begin(); it != world.target.datasets.end();) {
    const Dataset* here = world.source.find(it->first);
    const auto parent = parent_of(it->first);
    const bool has_parent = !parent || world.target.find(*parent) != nullptr;
    const bool fits = has_parent && it->second.resume_token.empty() && it->second.written == 0 && here != nullptr &&
                      newest_common(*here, it->second) != nullptr &&
                      newest_common(*here, it->second)->guid == it->second.newest()->guid;
    it = fits ? std::next(it) : world.target.datasets.erase(it);
  }
  world.receive_all();
  RC_PRE(run_once(world, config).code == ExitCode::ok);
  RC_ASSERT(run_once(world, config).steps == 0U);
}

RC_GTEST_PROP(RunProperty, TheNextSnapshotReachesEveryDatasetThatIsNotKeptBack, ()) {
  World world = any_world();
  const TargetConfig config = any_config();
  RC_PRE(run_once(world, config).code == ExitCode::ok);
  world.snapshot_all();
  const Run run = run_once(world, config);
  RC_ASSERT((run.code == ExitCode::ok || run.code == ExitCode::needs_person));
  RC_PRE(run.code == ExitCode::ok);
  for (const auto& [relative, here] : world.source.datasets)
    if (run.kept_back.count(relative) == 0)
      RC_ASSERT(world.target.find(relative)->newest()->guid == here.newest()->guid);
  RC_CLASSIFY(run.kept_back.empty(), "all");
}

}  // namespace
}  // namespace czb
