// SPDX-License-Identifier: MIT
// The real planner and executor on ZFS in memory (tests/model): whatever happened to both sides, and however runs were
// cut, soon they agree, or a dataset is kept back for a reason that is in the list. Nothing is lost on the way.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "execute/run_job.h"
#include "log/log.h"
#include "model/model_transport.h"
#include "process/interrupt.h"
#include "retention-gfs/gfs.h"
#include "unit/inventory_builder.h"

namespace czb {
namespace {

using model::DatasetState;
using model::ModelResult;
using model::ModelTransport;
using model::SnapshotState;
using model::Words;
using model::ZfsModel;

const std::string root_here = "zippy/t";
const std::string root_there = "offsite/t";

struct Event {
  unsigned what;
  unsigned where;
  unsigned which;
};

void showValue(const Event& event, std::ostream& out) { out << event.what << "/" << event.where << "/" << event.which; }

// What the channel program of the tool does.
ModelResult record(ZfsModel& zfs, const Words& words, const std::string&) {
  const Words argv(words.end() - 4, words.end());
  zfs.command({"zfs", "set", argv[1] + "=" + argv[0] + "@" + argv[2], argv[0]});
  for (const std::string& name : zfs.names())
    if ((name == argv[0] || name.rfind(argv[0] + "/", 0) == 0) && zfs.find(name)->snapshot(argv[2]) != nullptr)
      zfs.command({"zfs", "bookmark", name + "@" + argv[2], name + "#" + argv[3]});
  return {};
}

ModelResult record_without_root(ZfsModel&, const Words&, const std::string&) {
  return {1, "", "cannot open 'zippy': permission denied\n"};
}

class KeepAll final : public Retention {
 public:
  Status judge(const SnapshotView*, std::uint64_t count, std::int64_t, VerdictSink& verdicts,
               TextSink&) noexcept override {
    for (std::uint64_t i = 0; i < count; ++i) verdicts.verdict(i, Decision::keep, "all");
    return Status::ok;
  }
};

using Guids = std::set<std::uint64_t>;

Guids guids_below(const ZfsModel& zfs, const std::string& root) {
  Guids guids;
  for (const std::string& name : zfs.names())
    if (name == root || name.rfind(root + "/", 0) == 0)
      for (const SnapshotState& snapshot : zfs.find(name)->snapshots) guids.insert(snapshot.guid);
  return guids;
}

struct World {
  std::shared_ptr<ZfsModel> here;
  std::shared_ptr<ZfsModel> there;
  JobConfig job;
  std::int64_t now = 100;
  std::string receiver;  // the mode of a restricted one at the target; empty: none
  bool meddled = false;  // somebody changed the target, or took away what a push needs

  explicit World(unsigned seed, bool encrypted)
      : here(std::make_shared<ZfsModel>(seed)), there(std::make_shared<ZfsModel>(seed + 1)) {
    spdlog::set_level(spdlog::level::off);
    catch_interrupts();  // a pipe whose reader is gone is no signal
    here->add_pool("zippy");
    there->add_pool("offsite");
    here->set_program(seed % 2 == 0 ? record : record_without_root);
    Words create = {"zfs", "create"};
    if (encrypted) create.insert(create.end(), {"-o", "encryption=on", "-o", "keyformat=passphrase"});
    create.push_back(root_here);
    RC_ASSERT(here->command(create).status == 0);
    job.name = "job";
    job.dataset = root_here;
    TargetConfig target;
    target.name = "offsite";
    target.dataset = root_there;
    target.initial_full = true;
    target.retry_pause = std::chrono::seconds(0);
    target.destroy_limit_percent = 100;
    job.targets.push_back(target);
  }

  void zfs(const Words& words) const {
    Words command = {"zfs"};
    command.insert(command.end(), words.begin(), words.end());
    here->command(command);  // what is not possible just does not happen
  }

  Words datasets() const {
    Words found;
    for (const std::string& name : here->names())
      if (name == root_here || name.rfind(root_here + "/", 0) == 0) found.push_back(name);
    return found;
  }

  JobReport run(const std::function<void(ModelTransport& source, ModelTransport& target)>& faults, bool dry = false,
                std::set<Action> actions = {Action::snapshot, Action::push}) {
    JobParts parts;
    parts.naming = std::make_shared<test::NumberNaming>();
    parts.retention = std::make_shared<KeepAll>();
    const auto source = std::make_shared<ModelTransport>(here, "this machine");
    const auto target = std::make_shared<ModelTransport>(there, "offsite");
    target->restrict(receiver);
    faults(*source, *target);
    parts.source = source;
    parts.targets = {target};
    RunOptions options;
    options.actions = std::move(actions);
    options.dry_run = dry;
    options.fixed_now = dry ? now : ++now;
    return run_job(job, parts, options);
  }

  JobReport run_well() {
    return run([](ModelTransport&, ModelTransport&) {});
  }

  // A run with a fault somewhere.
  void run_badly(const Event& event) {
    job.targets.front().retries = event.what % 2;
    run([&](ModelTransport& source, ModelTransport& target) {
      const std::uint64_t bytes = event.which % 7 * 97;
      switch (event.where % 8) {
        case 0:
          return target.cut_receive(event.which % 3, bytes);
        case 1:
          return target.cut_receive(event.which % 3, bytes, true);
        case 2:
          return target.fail_command(event.which % 6, model::When::before);
        case 3:
          return target.fail_command(event.which % 6, model::When::after);
        case 4:
          return target.lose_command(event.which % 6, model::When::after);
        case 5:
          return source.fail_command(event.which % 6, model::When::before);
        case 6:
          return source.lose_stream(1 + event.which % 5, bytes);
        default:
          return target.lose_stream(event.which % 5, bytes);
      }
    });
    job.targets.front().retries = 3;
  }

  // The guid of the newest snapshot that the target has of any dataset that shares one with this; 0: none.
  std::uint64_t reached_there(const std::string& name) const {
    std::set<std::uint64_t> mine;
    for (const SnapshotState& snapshot : here->find(name)->snapshots) mine.insert(snapshot.guid);
    for (const std::string& there_name : there->names())
      if (const SnapshotState* newest = there->find(there_name)->newest(); newest != nullptr)
        if (mine.count(newest->guid) != 0) return newest->guid;
    return 0;
  }

  // Destroyed and made again under the same name, the one case that only a person can decide here.
  bool has_namesakes() const {
    for (const std::string& name : datasets()) {
      const DatasetState* there_state = there->find(root_there + name.substr(root_here.size()));
      if (there_state == nullptr || there_state->snapshots.empty()) continue;
      const DatasetState& state = *here->find(name);
      const bool shared =
          std::any_of(there_state->snapshots.begin(), there_state->snapshots.end(), [&](const SnapshotState& snapshot) {
            return has_bookmark(state, snapshot.guid) || has_snapshot(state, snapshot.guid);
          });
      if (!shared) return true;
    }
    return false;
  }

  static bool has_snapshot(const DatasetState& state, std::uint64_t guid) {
    return std::any_of(state.snapshots.begin(), state.snapshots.end(),
                       [&](const SnapshotState& snapshot) { return snapshot.guid == guid; });
  }

  static bool has_bookmark(const DatasetState& state, std::uint64_t guid) {
    return std::any_of(state.bookmarks.begin(), state.bookmarks.end(),
                       [&](const auto& bookmark) { return bookmark.second.guid == guid; });
  }

  void happen(const Event& event) {
    const Words names = datasets();
    const std::string name = names[event.where % names.size()];
    const std::string child = name + "/" + std::string(1, static_cast<char>('a' + event.which % 4));
    const std::string number = std::to_string(event.which % 50);
    switch (event.what % 14) {
      case 0:
      case 1:
        return here->write(name, 50 + event.which % 200);
      case 2:
        return zfs({"create", child});
      case 3:
        zfs({"create", "-V", "1M", child});
        return;
      case 4:
        if (name != root_here) zfs({"destroy", "-r", name});
        return;
      case 5:
        if (name != root_here) zfs({"rename", name, root_here + "/r" + number});
        return;
      case 6:
        return zfs({"snapshot", name + "@x" + number});
      case 7:
        return zfs({"snapshot", "-r", name + "@y" + number});
      case 8: {  // somebody's expiry: an older one
        const DatasetState& state = *here->find(name);
        if (state.snapshots.size() < 3) return;
        const SnapshotState gone = state.snapshots[event.which % (state.snapshots.size() - 2)];
        // What the target needs, and no run has come far enough to bookmark.
        if (reached_there(name) == gone.guid && !has_bookmark(state, gone.guid)) return;
        return zfs({"destroy", name + "@" + gone.name});
      }
      case 9: {
        const DatasetState& state = *here->find(name);
        if (!state.snapshots.empty())
          zfs({"clone", name + "@" + state.snapshots[event.which % state.snapshots.size()].name,
               root_here + "/clone" + number});
        return;
      }
      case 10:
        if (!here->origin(name).empty() && here->encryption_root(name).empty()) {
          zfs({"promote", name});
          meddled = true;  // its snapshots are another dataset's now: not all of it can be followed
        }
        return;
      case 11:
        run_well();
        return;
      default:
        return run_badly(event);
    }
  }
};

World any_world(const std::string& receiver = "") {
  World world(*rc::gen::inRange(1U, 1000U), *rc::gen::arbitrary<bool>());
  world.receiver = receiver;
  world.job.targets.front().parallel = *rc::gen::element(1U, 1U, 3U);
  const auto events =
      *rc::gen::resize(40, rc::gen::container<std::vector<Event>>(rc::gen::construct<Event>(
                               rc::gen::inRange(0U, 1000U), rc::gen::inRange(0U, 1000U), rc::gen::inRange(0U, 1000U))));
  for (const Event& event : events) world.happen(event);
  return world;
}

std::string told(const JobReport& report) {
  std::ostringstream text;
  const auto tell = [&](const ActionReport& action) {
    for (const PlannedStep& step : action.steps) text << "  " << step.command_line << "\n";
    for (const auto* sentences : {&action.notes, &action.refusals, &action.errors})
      for (const std::string& sentence : *sentences) text << "    " << sentence << "\n";
  };
  tell(report.general);
  if (report.snapshot) tell(*report.snapshot);
  for (const TargetReport& target : report.targets) tell(target.push);
  return text.str();
}

// A clone of its own descendant goes in full; promoted back, it has snapshots that ZFS cannot put in front.
bool cannot_be_put_back(const std::string& text) { return text.find("ZFS cannot put it back") != std::string::npos; }

// Every dataset of the source is at the target, with the same snapshots, but for what was kept back.
void assert_agreement(const World& world, const JobReport& report) {
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
  World world = any_world();
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

// With a channel program and without (record_without_root).
RC_GTEST_PROP(ConvergeProperty, TheBaseIsBookmarkedInEveryDataset, ()) {
  World world(*rc::gen::inRange(1U, 1000U), false);
  for (const char* const child : {"/a", "/a/b", "/c"}) world.zfs({"create", root_here + child});
  RC_ASSERT(world.run_well().code() == ExitCode::ok);
  for (const std::string& name : world.datasets()) {
    const DatasetState& state = *world.here->find(name);
    RC_ASSERT(World::has_bookmark(state, state.newest()->guid));
  }
}

RC_GTEST_PROP(ConvergeProperty, ThenTheNextRunHasNothingToSendAndEncryptionRootsAreTheSources, ()) {
  World world = any_world();
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
  World world = any_world();
  const Guids source_before = guids_below(*world.here, root_here);
  const Guids target_before = guids_below(*world.there, root_there);
  const Event event{*rc::gen::inRange(0U, 1000U), *rc::gen::inRange(0U, 1000U), *rc::gen::inRange(0U, 1000U)};
  world.run_badly(event);
  const Guids source_after = guids_below(*world.here, root_here);
  const Guids target_after = guids_below(*world.there, root_there);
  RC_ASSERT(std::includes(source_after.begin(), source_after.end(), source_before.begin(), source_before.end()));
  for (const std::uint64_t guid : target_before)
    RC_ASSERT(target_after.count(guid) == 1 || source_before.count(guid) == 0);
}

// "DATASET@NAME GUID" of all that the target holds.
std::set<std::string> held_there(const World& world) {
  std::set<std::string> held;
  for (const std::string& name : world.there->names())
    for (const SnapshotState& snapshot : world.there->find(name)->snapshots)
      held.insert(name + "@" + snapshot.name + " " + std::to_string(snapshot.guid));
  return held;
}

RC_GTEST_PROP(ConvergeProperty, AnAppendOnlyTargetKeepsAllThatItEverHadUnderItsName, ()) {
  World world = any_world("append-only");
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
  World world = any_world("append-only");
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
      RC_ASSERT(World::has_snapshot(*there, snapshot.guid));
  }
}

RC_GTEST_PROP(ConvergeProperty, ADryRunSaysWhatTheRunBeginsWithAndChangesNothing, ()) {
  World world = any_world();
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
