// SPDX-License-Identifier: MIT
#include "converge_world.h"

#include <rapidcheck.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <sstream>
#include <utility>
#include <vector>

#include "accidents.h"
#include "process/interrupt.h"
#include "unit/inventory_builder.h"

namespace czb::test {

using model::DatasetState;
using model::ModelResult;
using model::ModelTransport;
using model::SnapshotState;
using model::Words;
using model::ZfsModel;

namespace {

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

// The guid of the newest snapshot that the target has of any dataset that shares one with this; 0: none.
std::uint64_t reached_there(const ConvergeWorld& world, const std::string& name) {
  std::set<std::uint64_t> mine;
  for (const SnapshotState& snapshot : world.here->find(name)->snapshots) mine.insert(snapshot.guid);
  for (const std::string& there_name : world.there->names())
    if (const SnapshotState* newest = world.there->find(there_name)->newest(); newest != nullptr)
      if (mine.count(newest->guid) != 0) return newest->guid;
  return 0;
}

}  // namespace

void showValue(const Happening& happening, std::ostream& out) {
  out << happening.what << "/" << happening.where << "/" << happening.which;
}

ConvergeWorld::ConvergeWorld(unsigned seed, bool encrypted)
    : here(std::make_shared<ZfsModel>(seed)), there(std::make_shared<ZfsModel>(seed + 1)) {
  spdlog::set_level(spdlog::level::off);
  catch_interrupts();  // a pipe whose reader is gone is no signal
  here->add_pool("zippy");
  there->add_pool("offsite");
  if (seed % 2 != 0) here->set_program(record_without_root);
  Words create = {"zfs", "create"};
  if (encrypted) create.insert(create.end(), {"-o", "encryption=on", "-o", "keyformat=passphrase"});
  create.push_back(root_here);
  RC_ASSERT(here->command(create).status == 0);
  job.name = "job";
  job.dataset = root_here;
  job.destroy_limit_percent = 100;
  TargetConfig target;
  target.name = "offsite";
  target.dataset = root_there;
  target.initial_full = true;
  target.retry_pause = std::chrono::seconds(0);
  target.destroy_limit_percent = 100;
  job.targets.push_back(target);
}

void ConvergeWorld::zfs(const Words& words) const {
  Words command = {"zfs"};
  command.insert(command.end(), words.begin(), words.end());
  here->command(command);
}

Words ConvergeWorld::datasets() const {
  Words found;
  for (const std::string& name : here->names())
    if (name == root_here || name.rfind(root_here + "/", 0) == 0) found.push_back(name);
  return found;
}

JobReport ConvergeWorld::run(const std::function<void(ModelTransport& source, ModelTransport& target)>& faults,
                             bool dry, std::set<Action> actions, std::shared_ptr<Retention> retention) {
  JobParts parts;
  parts.naming = std::make_shared<NumberNaming>();
  parts.retention = retention ? std::move(retention) : std::make_shared<KeepAll>();
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
  return run_job(job, std::move(parts), options);
}

JobReport ConvergeWorld::run_well() {
  return run([](ModelTransport&, ModelTransport&) {});
}

JobReport ConvergeWorld::run_badly(const Happening& happening) {
  job.targets.front().retries = happening.what % 2;
  JobReport report = run([&](ModelTransport& source, ModelTransport& target) {
    const std::uint64_t bytes = happening.which % 7 * 97;
    switch (happening.where % 8) {
      case 0:
        return target.cut_receive(happening.which % 3, bytes);
      case 1:
        return target.cut_receive(happening.which % 3, bytes, true);
      case 2:
        return target.fail_command(happening.which % 6, model::When::before);
      case 3:
        return target.fail_command(happening.which % 6, model::When::after);
      case 4:
        return target.lose_command(happening.which % 6, model::When::after);
      case 5:
        return source.fail_command(happening.which % 6, model::When::before);
      case 6:
        return source.lose_stream(1 + happening.which % 5, bytes);
      default:
        return target.lose_stream(happening.which % 5, bytes);
    }
  });
  job.targets.front().retries = 3;
  return report;
}

bool ConvergeWorld::has_namesakes() const {
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

void ConvergeWorld::happen(const Happening& happening) {
  constexpr unsigned mishaps = 700;  // and above
  if (happening.what >= mishaps) return befall(*this, {happening.what - mishaps, happening.where, happening.which});
  const Words names = datasets();
  const std::string name = names[happening.where % names.size()];
  const std::string child = name + "/" + std::string(1, static_cast<char>('a' + happening.which % 4));
  const std::string number = std::to_string(happening.which % 50);
  switch (happening.what % 14) {
    case 0:
    case 1:
      return here->write(name, 50 + happening.which % 200);
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
      const SnapshotState gone = state.snapshots[happening.which % (state.snapshots.size() - 2)];
      // What the target needs, and no run has come far enough to bookmark.
      if (reached_there(*this, name) == gone.guid && !has_bookmark(state, gone.guid)) return;
      return zfs({"destroy", name + "@" + gone.name});
    }
    case 9: {
      const DatasetState& state = *here->find(name);
      if (!state.snapshots.empty())
        zfs({"clone", name + "@" + state.snapshots[happening.which % state.snapshots.size()].name,
             names[happening.which % names.size()] + "/clone" + number});  // below a namesake of its origin's, too
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
      run_badly(happening);
  }
}

Guids guids_below(const ZfsModel& zfs, const std::string& root) {
  Guids guids;
  for (const std::string& name : zfs.names())
    if (name == root || name.rfind(root + "/", 0) == 0)
      for (const SnapshotState& snapshot : zfs.find(name)->snapshots) guids.insert(snapshot.guid);
  return guids;
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

bool has_snapshot(const DatasetState& state, std::uint64_t guid) {
  return std::any_of(state.snapshots.begin(), state.snapshots.end(),
                     [&](const SnapshotState& snapshot) { return snapshot.guid == guid; });
}

bool has_bookmark(const DatasetState& state, std::uint64_t guid) {
  return std::any_of(state.bookmarks.begin(), state.bookmarks.end(),
                     [&](const auto& bookmark) { return bookmark.second.guid == guid; });
}

void ConvergeWorld::settle() const {
  let_go(*here);
  let_go(*there);
}

ConvergeWorld any_converge_world(const std::string& receiver) {
  ConvergeWorld world(*rc::gen::inRange(1U, 1000U), *rc::gen::arbitrary<bool>());
  world.receiver = receiver;
  TargetConfig& target = world.job.targets.front();
  target.parallel = *rc::gen::element(1U, 1U, 3U);
  if (*rc::gen::arbitrary<bool>()) target.properties["czb:p"] = std::nullopt;
  if (*rc::gen::arbitrary<bool>())
    target.properties["compression"] = *rc::gen::element<std::optional<std::string>>(std::nullopt, "lz4");
  if (*rc::gen::arbitrary<bool>()) {
    DatasetState& pool = world.there->edit("offsite");
    pool.encryption_root = pool.object;
    pool.master_key = pool.guid;
  }
  // Of all sizes: with less than its 100, rapidcheck's numbers are small ones.
  const auto number = rc::gen::resize(100, rc::gen::inRange(0U, 1000U));
  const auto happenings = *rc::gen::resize(
      25, rc::gen::container<std::vector<Happening>>(rc::gen::construct<Happening>(number, number, number)));
  for (const Happening& happening : happenings) world.happen(happening);
  return world;
}

}  // namespace czb::test
