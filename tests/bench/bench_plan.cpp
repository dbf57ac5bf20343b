// SPDX-License-Identifier: MIT
// bench_plan PLUGIN_FOLDER CASE DATASETS SNAPSHOTS: the time (of the processor) and memory of planning a run over a
// large tree, with the real naming and retention plugins and both sides' inventories in memory. Cases:
//   usual    the policy is in force: of each dataset 3 snapshots expire, the target lacks the newest one
//   first    the first expiry of a tree with hourly snapshots, asked for with --force-destroy-lots: nearly all go
//   apart    as first, but every dataset was snapshotted by itself: only the newest has the same name everywhere
//   listing  both sides' inventories are read from what `zfs list` prints
// Prints "NAME SECONDS" for each part, then "total SECONDS" (expire, push and mirror; or the two listings)
// and "memory MIB", the peak of the whole process. Exits non-zero when a plan is not what the case asks for.
#include <sys/resource.h>
#include <time.h>

#include <cstdint>
#include <iostream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "config/config.h"
#include "plan/expire.h"
#include "plan/mirror.h"
#include "plan/predict.h"
#include "plan/push.h"
#include "plan/verify.h"
#include "plugin/registry.h"
#include "text_buffer.h"
#include "zfs/listing.h"

namespace {

using czb::Inventory;
constexpr std::int64_t hour = 3600;
constexpr std::int64_t now = 1'900'000'000 / (24 * hour) * (24 * hour) + 23 * hour;  // a day's last hour
constexpr std::size_t hourlies = 720;                                                // of the usual case: 30 days
constexpr std::size_t few = 3;

double total = 0;

// The processor's, not the wall's: a plan waits for nothing, and what else runs on the machine is not its affair.
double seconds() {
  timespec time = {};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

// Runs and times a part, and prints it.
template <class Part>
auto timed(const char* name, bool counts, Part part) {
  const double start = seconds();
  auto result = part();
  const double took = seconds() - start;
  if (counts) total += took;
  std::cout << name << ' ' << took << '\n';
  return result;
}

void demand(bool condition, const std::string& what) {
  if (!condition) throw std::runtime_error(what);
}

// splitmix64: guids that look like ZFS's, the same in each run.
std::uint64_t next_guid() {
  static std::uint64_t state = 0;
  std::uint64_t z = (state += 0x9e3779b97f4a7c15ULL);
  z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27U)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31U);
}

// "", "0", …, "9", "0/0", "0/1", …: a tree of ten children each.
std::string relative_name(std::size_t index) {
  if (index == 0) return "";
  const std::string parent = relative_name((index - 1) / 10);
  return (parent.empty() ? "" : parent + "/") + "dataset-" + std::to_string((index - 1) % 10);
}

// The times of one dataset's snapshots, oldest first, the newest an hour ago.
std::vector<std::int64_t> times_of(bool usual, std::size_t count) {
  std::vector<std::int64_t> times(count);
  for (std::size_t age = 0; age < count; ++age) {
    const std::size_t hours = usual && age >= hourlies ? hourlies - 1 + (age - hourlies + 1) * 24 : age;
    times[count - 1 - age] = now - hour - static_cast<std::int64_t>(hours) * hour;
  }
  return times;
}

std::string name_of(czb::Naming& naming, std::int64_t time) {
  czb::TextBuffer name;
  czb::TextBuffer error;
  demand(naming.format(time, name, error) == czb::Status::ok, error.text());
  return name.text();
}

Inventory source_tree(czb::Naming& naming, bool usual, bool apart, std::size_t datasets, std::size_t snapshots) {
  Inventory source;
  source.root = "tank/tank";
  const std::vector<std::int64_t> times = times_of(usual, snapshots);
  for (std::size_t index = 0; index < datasets; ++index) {
    czb::Dataset& dataset = source.datasets[relative_name(index)];
    dataset.guid = next_guid();
    dataset.createtxg = 1 + index;
    dataset.snapshots.reserve(snapshots + 1);
    std::uint64_t txg = 1'000'000;
    for (const std::int64_t time : times) {
      czb::Snapshot snapshot;
      const bool shared = !apart || time == times.back();  // a push needs a base that all have
      snapshot.name = name_of(naming, shared ? time : time + static_cast<std::int64_t>(index));
      snapshot.guid = next_guid();
      snapshot.createtxg = txg += 1000;
      dataset.snapshots.push_back(std::move(snapshot));
    }
  }
  return source;
}

Inventory received(const Inventory& source) {
  Inventory target = source;
  target.root = "offsite/tank";
  for (auto& [relative, dataset] : target.datasets)
    for (czb::Snapshot& snapshot : dataset.snapshots) snapshot.createtxg += 17;
  return target;
}

void add_newest(Inventory& source, const std::string& name) {
  for (auto& [relative, dataset] : source.datasets) {
    czb::Snapshot snapshot;
    snapshot.name = name;
    snapshot.guid = next_guid();
    snapshot.createtxg = 9'000'000;
    dataset.snapshots.push_back(std::move(snapshot));
  }
}

czb::PluginChoice choice(std::string id, std::vector<std::pair<std::string, std::string>> options = {}) {
  czb::PluginChoice chosen;
  chosen.id = std::move(id);
  chosen.origin = "bench_plan";
  for (auto& [name, value] : options) chosen.options.push_back({name, value, "bench_plan", "bench_plan"});
  return chosen;
}

void bench_plans(czb::PluginRegistry& plugins, const std::string& which, std::size_t datasets, std::size_t snapshots) {
  const bool usual = which == "usual";
  const auto naming = plugins.create_naming(choice("rfc3339"));
  // Usual: newest + hourly + daily = all but the oldest few.
  const auto retention =
      plugins.create_retention(usual ? choice("gfs", {{"hourly", std::to_string(hourlies)},
                                                      {"daily", std::to_string(snapshots - hourlies - few)},
                                                      {"weekly", "0"},
                                                      {"monthly", "0"},
                                                      {"yearly", "0"}})
                                     : choice("gfs"));
  Inventory source = source_tree(*naming, usual, which == "apart", datasets, snapshots);
  Inventory target = received(source);
  add_newest(source, name_of(*naming, now));

  czb::TargetConfig config;
  config.name = "offsite";
  config.dataset = target.root;
  czb::ExpireRequest request;
  request.now = now;
  request.force_destroy_lots = !usual;
  request.targets["offsite"] = &target;

  const czb::ExpirePlan expire =
      timed("expire", true, [&] { return plan_expire(source, *naming, *retention, request); });
  demand(expire.refusals.empty(), "plan_expire refused");
  if (usual) demand(expire.count == few * datasets, "unexpected expiry of " + std::to_string(expire.count));
  if (!usual) demand(expire.count > datasets * snapshots * 9 / 10, "too few expire: " + std::to_string(expire.count));
  timed("predict-expire", false, [&] {
    for (const czb::DestroySnapshots& step : expire.steps) predict(step, source);
    return 0;
  });
  const czb::PushPlan push = timed("push", true, [&] { return plan_push(source, target, config, {}); });
  demand(push.code == czb::ExitCode::ok && push.send.has_value(), "plan_push does not send");
  const czb::MirrorPlan mirror =
      timed("mirror", true, [&] { return plan_mirror(source, target, config, *naming, !usual); });
  demand(mirror.count == expire.count, "the mirror does not follow the expiry");
  predict(*push.send, source, target);
  timed("predict-mirror", false, [&] {
    for (const czb::DestroySnapshots& step : mirror.steps) predict(step, target);
    return 0;
  });
  const czb::Verification verified =
      timed("verify", false, [&] { return verify(source, target, push.datasets, config.mirror, *naming, mirror); });
  demand(verified.disagreements.empty(), "the sides do not agree afterwards");
  std::cout << "expired " << expire.count << " in " << expire.steps.size() << " commands\n";
}

// As list_command has it printed.
std::string listing_of(const Inventory& inventory) {
  std::string text;
  for (const auto& [relative, dataset] : inventory.datasets) {
    const std::string name = inventory.full_name(relative);
    text += name + "\tfilesystem\t" + std::to_string(dataset.guid) + "\t" + std::to_string(dataset.createtxg) +
            "\t-\t-\t-\t-\t-\t0\n";
    for (const czb::Snapshot& s : dataset.snapshots)
      text += name + "@" + s.name + "\tsnapshot\t" + std::to_string(s.guid) + "\t" + std::to_string(s.createtxg) +
              "\t0\t\t-\t-\t-\t0\n";
  }
  return text;
}

void bench_listings(czb::PluginRegistry& plugins, std::size_t datasets, std::size_t snapshots) {
  const auto naming = plugins.create_naming(choice("rfc3339"));
  const std::string text = listing_of(source_tree(*naming, false, false, datasets, snapshots));
  std::vector<Inventory> sides;
  for (const char* side : {"source", "target"})
    sides.push_back(timed(side, true, [&] { return czb::parse_listing(text, "tank/tank", {}); }));
  demand(sides[1].snapshot_count() == datasets * snapshots, "snapshots got lost");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    std::cerr << "usage: bench_plan PLUGIN_FOLDER usual|first|apart|listing DATASETS SNAPSHOTS\n";
    return 2;
  }
  try {
    const std::string which = argv[2];
    czb::PluginRegistry plugins(argv[1], "/nonexistent");
    if (which == "listing")
      bench_listings(plugins, std::stoul(argv[3]), std::stoul(argv[4]));
    else
      bench_plans(plugins, which, std::stoul(argv[3]), std::stoul(argv[4]));
    rusage usage = {};
    getrusage(RUSAGE_SELF, &usage);
    std::cout << "total " << total << "\nmemory " << usage.ru_maxrss / 1024 << '\n';
  } catch (const std::exception& error) {
    std::cerr << "bench_plan: " << error.what() << '\n';
    return 1;
  }
}
