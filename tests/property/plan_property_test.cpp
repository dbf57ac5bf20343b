// SPDX-License-Identifier: MIT
// What holds of every plan, over trees that grew by what happens to real ones: recursive and single snapshots, new and
// vanished datasets, expiry and accidents on both sides, holds, pushes and pushes that were cut off. Plans are carried
// out by plan/predict.h; what ZFS would do is written anew in unit/inventory_builder.h.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "plan/destroy_batches.h"
#include "plan/expire.h"
#include "plan/mirror.h"
#include "plan/predict.h"
#include "plan/push.h"
#include "plan/verify.h"
#include "retention-gfs/gfs.h"
#include "unit/inventory_builder.h"
#include "zfs/commands.h"

namespace czb {
namespace {

using test::all_snapshots;
using test::counted_by;
using test::destroyed_by;
using test::Names;
using test::NumberNaming;

// Names that sort between a dataset and its children are among them.
const std::vector<std::string> relative_names = {"", "a", "a b", "a-b", "a/c", "a/c/d", "b"};

struct Event {
  unsigned what;
  unsigned where;
  unsigned which;
};

void showValue(const Event& event, std::ostream& out) { out << event.what << "/" << event.where << "/" << event.which; }

// Both sides, and what can happen to them.
struct World {
  Inventory source;
  Inventory target;
  std::uint64_t source_txg = 10;
  std::uint64_t target_txg = 1000;
  std::uint64_t next_guid = 1;
  bool lost_at_target = false;  // somebody destroyed snapshots there

  World() {
    source.root = "tank";
    target.root = "far/tank";
    add_dataset("");
  }

  void add_dataset(const std::string& relative) {
    const std::size_t slash = relative.rfind('/');
    if (slash != std::string::npos && source.find(relative.substr(0, slash)) == nullptr) return;
    Dataset dataset;
    dataset.createtxg = ++source_txg;
    source.datasets.try_emplace(relative, dataset);
  }

  static void remove_tree(Inventory& side, const std::string& relative) {
    std::erase_if(side.datasets, [&](const auto& entry) {
      return entry.first == relative || entry.first.rfind(relative + "/", 0) == 0;
    });
  }

  void snapshot(Dataset& dataset, const std::string& name, std::uint64_t txg) {
    Snapshot taken;
    taken.name = name;
    taken.guid = next_guid++;
    taken.createtxg = txg;
    dataset.snapshots.push_back(taken);
  }

  void snapshot_all() {
    ++source_txg;
    for (auto& [relative, dataset] : source.datasets) snapshot(dataset, "t" + std::to_string(source_txg), source_txg);
  }

  void snapshot_alone(Dataset& dataset, std::uint64_t txg) { snapshot(dataset, "x" + std::to_string(txg), txg); }

  // A receive of the datasets for which `arrives` holds, each from its own newest common snapshot.
  template <class Arrives>
  void receive(const Arrives& arrives) {
    for (const auto& [relative, here] : source.datasets) {
      const std::size_t slash = relative.rfind('/');
      const std::string parent = slash == std::string::npos ? "" : relative.substr(0, slash);
      if (!arrives(relative) || here.snapshots.empty() || (!relative.empty() && target.find(parent) == nullptr))
        continue;
      auto [where, is_new] = target.datasets.try_emplace(relative);
      const Snapshot* common = newest_common(here, where->second);
      if (!is_new && (common == nullptr || where->second.newest()->guid != common->guid)) continue;
      if (is_new) where->second.createtxg = ++target_txg;
      for (const Snapshot& s : here.snapshots) {
        if (common != nullptr && s.createtxg <= common->createtxg) continue;
        Snapshot received = s;
        received.createtxg = ++target_txg;
        received.holds = 0;
        received.has_clones = false;
        where->second.snapshots.push_back(received);
      }
    }
  }

  static Dataset* pick(Inventory& side, unsigned where) {
    if (side.datasets.empty()) return nullptr;
    auto found = side.datasets.begin();
    std::advance(found, static_cast<std::ptrdiff_t>(where % side.datasets.size()));
    return &found->second;
  }

  static Snapshot* pick(Inventory& side, unsigned where, unsigned which) {
    Dataset* dataset = pick(side, where);
    if (dataset == nullptr || dataset->snapshots.empty()) return nullptr;
    return &dataset->snapshots[which % dataset->snapshots.size()];
  }

  static void drop(Inventory& side, const std::string& name) {
    for (auto& [relative, dataset] : side.datasets)
      std::erase_if(dataset.snapshots, [&](const Snapshot& s) { return s.name == name && s.holds == 0; });
  }

  void happen(const Event& event) {
    const std::string& relative = relative_names[event.where % relative_names.size()];
    Inventory& side = event.which % 2 == 0 ? source : target;
    switch (event.what % 24) {
      case 0:
      case 1:
      case 2:
        return add_dataset(relative);
      case 3:
      case 4:
      case 5:
      case 6:
      case 7:
      case 8:
        return snapshot_all();
      case 9:
        if (Dataset* dataset = pick(source, event.where)) snapshot_alone(*dataset, ++source_txg);
        return;
      case 10:
      case 11:
      case 12:
      case 13:
      case 14:
        return receive([](const std::string&) { return true; });
      case 15:
        return receive([&](const std::string& name) { return name <= relative; });
      case 16:
      case 17:
      case 18:
        // Expiry spares the newest; an accident need not.
        if (Dataset* dataset = pick(source, event.where); dataset != nullptr && dataset->snapshots.size() > 1)
          drop(source, std::string(dataset->snapshots[event.which % (dataset->snapshots.size() - 1)].name));
        return;
      case 19:
        if (Dataset* dataset = pick(source, event.where); dataset != nullptr && !dataset->snapshots.empty())
          dataset->snapshots.erase(dataset->snapshots.begin());
        return;
      case 20:
        if (Snapshot* s = pick(side, event.where, event.which / 4)) {
          s->holds += event.which % 4 < 2 ? 1U : 0U;
          s->has_clones |= event.which % 4 >= 2;
        }
        return;
      case 21:
        if (!relative.empty()) remove_tree(source, relative);
        return;
      case 22:
        if (Snapshot* s = pick(target, event.where, event.which)) {
          lost_at_target = true;
          drop(target, std::string(s->name));
        }
        return;
      default:
        if (Dataset* dataset = pick(target, event.where); dataset != nullptr && event.which % 8 == 0)
          snapshot_alone(*dataset, ++target_txg);
    }
  }
};

rc::Gen<std::vector<Event>> any_history() {
  const auto event = rc::gen::apply(
      [](unsigned what, unsigned where, unsigned which) {
        return Event{what, where, which};
      },
      rc::gen::inRange(0U, 24U), rc::gen::inRange(0U, 42U), rc::gen::inRange(0U, 64U));
  return rc::gen::scale(1.5, rc::gen::container<std::vector<Event>>(event));
}

World world_after(const std::vector<Event>& history) {
  World world;
  for (const Event& event : history) world.happen(event);
  return world;
}

World any_world() { return world_after(*any_history()); }

// One in which both sides have data.
World any_pushed_world() {
  World world = any_world();
  world.snapshot_all();
  world.receive([](const std::string&) { return true; });
  return world;
}

// A dataset that both sides have, at the target.
Dataset& any_shared_dataset(World& world) {
  std::vector<Dataset*> shared;
  for (auto& [relative, there] : world.target.datasets)
    if (const Dataset* here = world.source.find(relative);
        here != nullptr && !here->snapshots.empty() && !there.snapshots.empty())
      shared.push_back(&there);
  RC_PRE(!shared.empty());
  return **rc::gen::elementOf(shared);
}

TargetConfig any_config() {
  TargetConfig config;
  config.name = "far";
  config.dataset = "far/tank";
  config.mirror = *rc::gen::element(Mirror::exact, Mirror::ours, Mirror::off);
  config.destroy_limit_percent = *rc::gen::element(0U, 25U, 100U);
  return config;
}

bool share_none(const Dataset& here, const Dataset& there) {
  for (const Snapshot& s : here.snapshots)
    if (there.find_by_guid(s.guid) != nullptr) return false;
  return !here.snapshots.empty() && !there.snapshots.empty();
}

bool diverged(const Dataset& here, const Dataset& there) {
  return !there.snapshots.empty() && here.find_by_guid(there.snapshots.back().guid) == nullptr;
}

// Whether it is so of some dataset that both sides have.
template <class Property>
bool any_shared(const World& world, const Property& property) {
  return std::any_of(world.target.datasets.begin(), world.target.datasets.end(), [&](const auto& entry) {
    const Dataset* here = world.source.find(entry.first);
    return here != nullptr && property(*here, entry.second);
  });
}

RC_GTEST_PROP(PushProperty, NothingIsSentWhereSomeDatasetHasNothingInCommon, ()) {
  World world = any_pushed_world();
  for (Snapshot& s : any_shared_dataset(world).snapshots) s.guid = world.next_guid++;
  RC_ASSERT(any_shared(world, share_none));
  const PushPlan plan = plan_push(world.source, world.target, any_config(), *rc::gen::arbitrary<bool>());
  RC_ASSERT(!plan.send);
  RC_ASSERT(plan.code == ExitCode::needs_person);
}

RC_GTEST_PROP(PushProperty, NothingIsPlannedWhereTheSidesDiverged, ()) {
  World world = any_pushed_world();
  world.snapshot_alone(any_shared_dataset(world), ++world.target_txg);
  RC_ASSERT(any_shared(world, diverged));
  const PushPlan plan = plan_push(world.source, world.target, any_config(), *rc::gen::arbitrary<bool>());
  RC_ASSERT(!plan.send && plan.to.empty());
  RC_ASSERT(plan.code == ExitCode::needs_person);
}

RC_GTEST_PROP(PushProperty, ARefusalHasSentencesAndNoStepAndAnAcceptanceTheReverse, ()) {
  const World world = any_world();
  const PushPlan plan = plan_push(world.source, world.target, any_config(), *rc::gen::arbitrary<bool>());
  RC_ASSERT((plan.code == ExitCode::ok) == plan.refusal.empty());
  RC_ASSERT((plan.code == ExitCode::ok) != plan.to.empty());
  RC_ASSERT(plan.code == ExitCode::ok || !plan.send);
}

RC_GTEST_PROP(PushProperty, AFullSendNeedsATargetThatDoesNotExistAndToBeAskedFor, ()) {
  const World world = any_world();
  const bool allowed = *rc::gen::arbitrary<bool>();
  const PushPlan plan = plan_push(world.source, world.target, any_config(), allowed);
  if (plan.send && !plan.send->base) RC_ASSERT(allowed && !world.target.exists());
}

// What makes zfs receive fail half-way (OPENZFS.md): a dataset whose newest snapshot at the target is not the base, or
// one that the stream brings whole though the target has it.
RC_GTEST_PROP(PushProperty, AStreamFitsEveryDatasetThatItCarries, ()) {
  const World world = any_world();
  const PushPlan plan = plan_push(world.source, world.target, any_config(), true);
  RC_PRE(plan.send.has_value());
  for (const auto& [relative, here] : world.source.datasets) {
    const Snapshot* to = here.find_by_name(plan.send->to);
    if (to == nullptr) {
      RC_ASSERT(here.createtxg > world.source.find("")->find_by_name(plan.send->to)->createtxg);
      continue;
    }
    const Snapshot* base = plan.send->base ? here.find_by_name(*plan.send->base) : nullptr;
    const Dataset* there = world.target.find(relative);
    RC_ASSERT((there == nullptr) == (base == nullptr));
    if (there != nullptr) {
      RC_ASSERT(base->guid == there->newest()->guid);
      RC_ASSERT(base->createtxg < to->createtxg);
    }
  }
  RC_CLASSIFY(world.source.datasets.size() > 2, "several datasets");
}

RC_GTEST_PROP(PushProperty, AfterSendingAndMirroringTheSidesAgree, ()) {
  World world = any_world();
  TargetConfig config = any_config();
  NumberNaming naming;
  const PushPlan push = plan_push(world.source, world.target, config, true);
  RC_PRE(push.code == ExitCode::ok);
  const MirrorPlan mirror = plan_mirror(world.source, world.target, config, naming, false);
  // Only what somebody destroyed at the target behind its newest snapshot can never come back by an increment.
  std::set<std::string> lost;
  for (const auto& [relative, there] : world.target.datasets)
    if (const Dataset* here = world.source.find(relative); here != nullptr && here->find_by_name(push.to) != nullptr)
      for (const Snapshot& s : here->snapshots)
        if (const Snapshot* common = newest_common(*here, there);
            common != nullptr && s.createtxg < common->createtxg && there.find_by_guid(s.guid) == nullptr)
          lost.insert(world.target.full_name(relative) + "@" + s.name + " is missing at the target");
  if (push.send) predict(*push.send, world.source, world.target);
  for (const DestroySnapshots& step : mirror.steps) predict(step, world.target);
  const Verification verified = verify(world.source, world.target, push.to, config.mirror, naming, mirror);
  std::set<std::string> problems;
  for (const std::string& problem : verified.disagreements)
    problems.insert(problem.substr(0, problem.find(',')));  // without the advice
  RC_ASSERT(problems == lost);
  RC_ASSERT(lost.empty() || world.lost_at_target);
  RC_CLASSIFY(push.send.has_value(), "sends");
  RC_CLASSIFY(!mirror.steps.empty(), "mirrors");
}

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
  RC_ASSERT(plan.count == expected.size() && counted_by(plan.steps) == plan.count);
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

// Any verdicts at all, the worst included.
class AnyRetention final : public Retention {
 public:
  explicit AnyRetention(std::uint64_t seed) : seed_(seed) {}
  Status judge(const SnapshotView* snapshots, std::uint64_t count, std::int64_t, VerdictSink& verdicts,
               TextSink&) noexcept override {
    for (std::uint64_t i = 0; i < count; ++i)
      verdicts.verdict(i, expires(snapshots[i].guid) ? Decision::expire : Decision::keep, "");
    return Status::ok;
  }
  bool expires(std::uint64_t guid) const { return ((guid + seed_) * 0x9E3779B97F4A7C15U >> 60) >= seed_ % 16; }

 private:
  std::uint64_t seed_;
};

RC_GTEST_PROP(ExpireProperty, ExpiresExactlyWhatThePluginSaysAndNothingProtects, ()) {
  const World world = any_world();
  NumberNaming naming;
  AnyRetention retention(*rc::gen::arbitrary<std::uint64_t>());
  ExpireRequest request;
  request.now = 1'000'000;
  request.force_destroy_lots = true;
  request.targets["far"] = &world.target;
  const std::string recorded = "t" + std::to_string(*rc::gen::inRange(10U, 40U));
  request.recorded_bases["away"] = recorded;
  const ExpirePlan plan = plan_expire(world.source, naming, retention, request);
  Names expected;
  for (const auto& [relative, here] : world.source.datasets) {
    const Dataset* there = world.target.find(relative);
    const Snapshot* common = there == nullptr ? nullptr : newest_common(here, *there);
    const auto newest_own = std::find_if(here.snapshots.rbegin(), here.snapshots.rend(),
                                         [](const Snapshot& s) { return s.name.front() == 't'; });
    for (const Snapshot& s : here.snapshots)
      if (s.name.front() == 't' && retention.expires(s.guid) && s.guid != newest_own->guid && s.name != recorded &&
          (common == nullptr || s.guid != common->guid) && s.holds == 0 && !s.has_clones)
        expected.insert(world.source.full_name(relative) + "@" + s.name);
  }
  RC_ASSERT(destroyed_by(plan.steps, world.source) == expected);
  RC_ASSERT(plan.count == expected.size() && counted_by(plan.steps) == plan.count);
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
    RC_ASSERT(!future || going == 0);
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
    RC_ASSERT(step.names.size() == 1 || argv_of(step).back().size() <= longest);
  Inventory left = world.source;
  for (const DestroySnapshots& step : steps) {
    const std::size_t before = left.snapshot_count();
    predict(step, left);
    RC_ASSERT(before - left.snapshot_count() == step.count && step.count > 0U);
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

// One run without a snapshot action, as execute/ does it. Returns how many steps it took; none when it was refused.
std::optional<std::size_t> run_once(World& world, const TargetConfig& config) {
  NumberNaming naming;
  Gfs retention;
  ExpireRequest request;
  request.now = 1'000'000;
  request.force_destroy_lots = true;
  if (auto base = recorded_base(world.source.find("")->user_properties, "far", "tank"))
    request.recorded_bases["far"] = *base;
  request.targets["far"] = &world.target;
  const ExpirePlan expire = plan_expire(world.source, naming, retention, request);
  for (const DestroySnapshots& step : expire.steps) predict(step, world.source);
  const PushPlan push = plan_push(world.source, world.target, config, true);
  if (push.code != ExitCode::ok) return std::nullopt;
  const MirrorPlan mirror = plan_mirror(world.source, world.target, config, naming, true);
  if (push.send) predict(*push.send, world.source, world.target);
  for (const DestroySnapshots& step : mirror.steps) predict(step, world.target);
  predict(RecordBase{"tank", base_property("far"), push.to}, world.source);
  return expire.steps.size() + (push.send ? 1U : 0U) + mirror.steps.size();
}

// The first run may spare what the target still continued from; the second takes it; then all is done.
RC_GTEST_PROP(RunProperty, SoonThereIsNothingLeftToDo, ()) {
  World world = any_world();
  const TargetConfig config = any_config();
  RC_PRE(run_once(world, config).has_value());
  const Names source = all_snapshots(world.source);
  RC_ASSERT(run_once(world, config).has_value());
  RC_ASSERT(all_snapshots(world.source).size() <= source.size());
  RC_ASSERT(run_once(world, config) == 0U);
}

RC_GTEST_PROP(RunProperty, ASecondRunDoesNothingWhereTheTargetNeededNothingOld, ()) {
  World world = any_world();
  const TargetConfig config = any_config();
  world.receive([](const std::string&) { return true; });  // the target is up to date before the run
  RC_PRE(run_once(world, config).has_value());
  RC_ASSERT(run_once(world, config) == 0U);
}

RC_GTEST_PROP(RunProperty, TheNextSnapshotGoesOutByAnIncrement, ()) {
  World world = any_world();
  const TargetConfig config = any_config();
  RC_PRE(run_once(world, config).has_value());
  const auto base = recorded_base(world.source.find("")->user_properties, "far", "tank");
  // A dataset that was brought by hand may have another base.
  for (const auto& [relative, there] : world.target.datasets)
    if (const Dataset* here = world.source.find(relative)) {
      const bool has_it = here->find_by_name(*base) != nullptr;
      RC_PRE(has_it);
    }
  world.snapshot_all();
  RC_ASSERT(run_once(world, config).has_value());
  for (const auto& [relative, here] : world.source.datasets)
    RC_ASSERT(world.target.find(relative)->newest()->guid == here.newest()->guid);
}

}  // namespace
}  // namespace czb
