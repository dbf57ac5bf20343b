// SPDX-License-Identifier: MIT
#include "libzfs/trials.h"

#include <algorithm>
#include <set>
#include <sstream>
#include <vector>

#include "libzfs/listing.h"
#include "libzfs/trial.h"
#include "receiver/stream/unchanged.h"

namespace czb::libzfs {
namespace {

constexpr Version versions[] = {Version::v2_1, Version::v2_3};

std::string told(std::uint64_t number, const Trial& trial, Version version, const Result& result) {
  std::ostringstream out;
  out << "CZB_SEED=" << number << " with libzfs " << (version == Version::v2_1 ? "2.1" : "2.3") << "\n"
      << describe(trial) << "  then\n"
      << describe(result.pool);
  for (const Outcome& each : result.outcomes) out << "  refusal: " << each.refusal << "; alarm: " << each.alarm << "\n";
  for (const Broken what : result.broken) out << "  broken: " << static_cast<int>(what) << "\n";
  return out.str();
}

// The comparison that the receiver makes afterwards sees what went wrong.
bool is_seen(const Trial& trial, const Result& result) {
  const bool has_to = std::any_of(result.broken.begin(), result.broken.end(), [](Broken what) {
    return what != Broken::key && what != Broken::snapshot_properties && what != Broken::dataset_properties;
  });
  return !has_to || trial.turns != Turns::one ||
         !receiver::differences(present_tree(trial.world.pool, "offsite", true),
                                present_tree(result.pool, "offsite", true), "offsite", {})
              .empty();
}

// A tree with a copy of one of its own datasets, which the receiver does not take (docs/adr/0015).
bool sends_twice(const Session& session) {
  std::set<Guid> seen;
  if (session.package)
    for (const receiver::PackedDataset& dataset : session.package->datasets)
      for (const receiver::PackedSnapshot& each : dataset.snapshots)
        if (!seen.insert(each.guid).second) return true;
  return false;
}

// A clone of a snapshot that several datasets have here, which it does not take either.
bool clones_a_copy(const Pool& pool, const Session& session) {
  return std::any_of(session.streams.begin(), session.streams.end(), [&](const Stream& stream) {
    const auto has_it = [&](const Dataset& dataset) {
      return std::any_of(dataset.snapshots.begin(), dataset.snapshots.end(),
                         [&](const Snapshot& each) { return each.guid == stream.from_guid; });
    };
    return stream.is_clone && std::count_if(pool.datasets.begin(), pool.datasets.end(), has_it) > 1;
  });
}

bool is_genuine(const Trial& trial) {
  return !trial.is_forged && trial.turns == Turns::one && !sends_twice(trial.sessions[0]) &&
         !clones_a_copy(trial.world.pool, trial.sessions[0]);
}

class Trials {
 public:
  explicit Trials(std::uint64_t controls) : controls_(controls) {}

  Tally run(std::uint64_t first, std::uint64_t count) {
    for (std::uint64_t number = first; tally_.headers < count; ++number) play_one(number);
    return tally_;
  }

 private:
  void play_one(std::uint64_t number) {
    const Trial trial = make_trial(number);
    ++tally_.trials;
    tally_.headers += trial.sessions.size();
    bool all_reached = true;
    for (const Version version : versions) {
      const Result guarded = play(trial, version, Way::through_receiver);
      count_outcomes(number, trial, version, guarded, all_reached);
      if (guarded.is_same_in_other_version) break;
    }
    if (number % controls_ == 0) play_control(number, trial, all_reached);
  }

  void play_control(std::uint64_t number, const Trial& trial, bool all_reached) {
    ++tally_.controls;
    std::array<bool, kinds_broken> harm = {};
    bool is_harmful = false;
    for (const Version version : versions) {
      const Result straight = play(trial, version, Way::straight);
      if (!is_seen(trial, straight)) fail("not seen afterwards: " + told(number, trial, version, straight));
      for (const Broken what : straight.broken) harm[static_cast<std::size_t>(what)] = true;
      if (straight.broken.empty()) continue;
      is_harmful = true;
      if (is_genuine(trial)) {
        ++tally_.genuine_harmful;
        tell_genuine(number, trial, version, straight);
      }
      ++tally_.harmful_to[static_cast<std::size_t>(version)];
      ++tally_.harmful_attacks[static_cast<std::size_t>(trial.attack)][static_cast<std::size_t>(version)];
    }
    for (std::size_t i = 0; i < harm.size(); ++i) tally_.harmful_by[i] += harm[i] ? 1 : 0;
    tally_.harmful += is_harmful ? 1 : 0;
    tally_.harmful_reached_zfs += is_harmful && all_reached ? 1 : 0;
  }

  void count_outcomes(std::uint64_t number, const Trial& trial, Version version, const Result& result,
                      bool& all_reached) {
    bool alarm = false;
    for (const Outcome& each : result.outcomes) {
      all_reached &= each.reached_zfs;
      alarm |= !each.alarm.empty();
      if (version == Version::v2_1) {
        tally_.reached_zfs += each.reached_zfs ? 1 : 0;
        tally_.taken += each.reached_zfs && each.refusal.empty() ? 1 : 0;
      }
    }
    if (!result.broken.empty() || alarm) fail(told(number, trial, version, result));
    if (!is_genuine(trial)) return;
    ++tally_.genuine;
    if (result.outcomes[0].refusal.empty()) return;
    ++tally_.genuine_refused;
    tell_genuine(number, trial, version, result);
  }

  void tell_genuine(std::uint64_t number, const Trial& trial, Version version, const Result& result) {
    if (tally_.first_genuine.empty()) tally_.first_genuine = told(number, trial, version, result);
  }

  void fail(const std::string& what) {
    if (tally_.failures++ == 0) tally_.first_failure = what;
  }

  std::uint64_t controls_;
  Tally tally_;
};

}  // namespace

Tally play_trials(std::uint64_t first, std::uint64_t count, std::uint64_t controls) {
  return Trials(controls).run(first, count);
}

std::string describe(const Tally& tally) {
  std::ostringstream out;
  const auto share = [](std::uint64_t part, std::uint64_t whole) {
    return part * 100 / std::max<std::uint64_t>(whole, 1);
  };
  out << tally.headers << " headers in " << tally.trials << " trials, " << tally.failures << " broke the invariant; "
      << share(tally.reached_zfs, tally.headers) << "% reached zfs, " << share(tally.taken, tally.headers)
      << "% were taken whole. Without the receiver " << tally.harmful << " of " << tally.controls << " trials ("
      << share(tally.harmful, tally.controls) << "%) break it: 2.1 " << tally.harmful_to[0] << ", 2.3 "
      << tally.harmful_to[1] << "; of them " << share(tally.harmful_reached_zfs, tally.harmful)
      << "% reached zfs with the receiver. By kind:";
  for (const std::uint64_t each : tally.harmful_by) out << " " << each;
  out << "; by attack:";
  for (const auto& [in_2_1, in_2_3] : tally.harmful_attacks) out << " " << in_2_1 << "/" << in_2_3;
  return out.str();
}

}  // namespace czb::libzfs
