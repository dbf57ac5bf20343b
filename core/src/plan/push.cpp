// SPDX-License-Identifier: MIT
#include "plan/push.h"

#include <algorithm>

#include "plan/encryption.h"
#include "plan/obstacle_text.h"
#include "plan/position.h"
#include "plan/received_properties.h"

namespace czb {
namespace {

// A dataset of the source in the making of a plan.
struct Place {
  Position position;
  const Snapshot* goal = nullptr;  // what the target shall reach; null: nothing
  bool carries_to = false;         // it has the snapshot that the tree's stream goes to
  DatasetPlan plan;

  bool stays() const { return plan.outcome == Outcome::kept_back || plan.outcome == Outcome::failed; }
  bool blocked() const { return stays() && plan.code != ExitCode::ok; }
};

PushPlan refuse(ExitCode code, std::vector<std::string> sentences) {
  PushPlan plan;
  plan.code = code;
  plan.refusal = std::move(sentences);
  return plan;
}

class PushPlanner {
 public:
  PushPlanner(const Inventory& source, const Inventory& target, const TargetConfig& config, const PushOptions& options)
      : source_(source), target_(target), config_(config), options_(options) {}

  PushPlan run() {
    place_all();
    if (std::optional<PushPlan> refused = refusal_of_all()) return std::move(*refused);
    keep_back_the_blocked();
    choose_to();
    choose_goals();
    keep_back_orphans();
    if (!plan_with_tree()) plan_one_by_one();
    repair_encryption_roots();
    note_what_stays_behind();
    for (auto& [relative, place] : places_) {
      if (place.goal != nullptr && !place.stays()) place.plan.goal = place.goal->name;
      plan_.datasets.push_back(std::move(place.plan));
    }
    return std::move(plan_);
  }

 private:
  using Places = std::map<std::string, Place>;

  void place_all() {
    for (const auto& [relative, here] : source_.datasets) {
      Place& place = places_[relative];
      place.position = position_of(source_, target_, relative);
      place.plan.relative = relative;
    }
  }

  const Dataset& root() const { return *places_.at("").position.here; }

  std::optional<PushPlan> refusal_of_all() {
    const Position& position = places_.at("").position;
    if (position.obstacle != Obstacle::none) {
      return refuse(ExitCode::needs_person,
                    {advice_on(position.obstacle), sentence_on(position, source_.root, config_.dataset)});
    }
    if (root().snapshots.empty())
      return refuse(ExitCode::failed, {source_.root + " has no snapshot to send. Take one (--action snapshot push)."});
    if (!target_.exists() && !options_.allow_full)
      return refuse(ExitCode::refused,
                    {config_.dataset + " does not exist at the target, so all of " + source_.root +
                     " would have to be sent. If this is the first push, run once with --force-non-incremental; if it "
                     "is not, the backup is gone or the name is wrong: look there first."});
    return std::nullopt;
  }

  static void keep_back(Place& place, ExitCode code, const std::string& why) {
    place.plan.outcome = Outcome::kept_back;
    place.plan.code = code;
    place.plan.why = why;
    place.plan.steps.clear();
  }

  void keep_back_the_blocked() {
    for (const Obstacle obstacle : obstacles) {
      bool advised = false;
      for (auto& [relative, place] : places_) {
        if (place.position.obstacle != obstacle) continue;
        const std::string why = sentence_on(place.position, source_.full_name(relative), target_.full_name(relative));
        keep_back(place, ExitCode::needs_person, why);
        if (!advised) plan_.refusal.emplace_back(advice_on(obstacle));
        advised = true;
        plan_.refusal.push_back(why);
      }
    }
    for (const auto& [relative, how] : options_.failed)
      if (auto found = places_.find(relative); found != places_.end()) {
        keep_back(found->second, ExitCode::failed, how);
        found->second.plan.outcome = Outcome::failed;
      }
  }

  // Why the one stream up to the root's snapshot `to` cannot carry every dataset; empty when it can. A dataset that is
  // younger than `to` is left out by zfs send.
  std::string lacking(const Snapshot& to) const {
    for (const auto& [relative, place] : places_) {
      const Dataset& here = *place.position.here;
      if (!place.blocked() && here.find_by_name(to.name) == nullptr && here.createtxg <= to.createtxg)
        return source_.full_name(relative) + " lacks the snapshot @" + to.name;
    }
    return "";
  }

  // The newest snapshot of the root that is on every dataset, but not one before what the target's root has.
  void choose_to() {
    const Snapshot* base = places_.at("").position.reached();
    for (auto it = root().snapshots.rbegin(); it != root().snapshots.rend() && to_ == nullptr; ++it) {
      const std::string problem = lacking(*it);
      if (problem.empty() || &*it == base)
        to_ = &*it;
      else
        plan_.notes.push_back(source_.root + "@" + it->name + " is not on every dataset (" + problem +
                              "): it goes with the next recursive snapshot");
    }
    if (to_ == nullptr) plan_.notes.clear();  // then every dataset goes to its own newest
  }

  void choose_goals() {
    for (auto& [relative, place] : places_) {
      if (place.stays()) continue;
      const Dataset& here = *place.position.here;
      const Snapshot* carried = to_ == nullptr ? nullptr : here.find_by_name(to_->name);
      place.carries_to = carried != nullptr;
      place.goal = carried;
      if (carried != nullptr) continue;
      const bool waits = to_ != nullptr && here.createtxg > to_->createtxg && place.position.there == nullptr;
      if (here.snapshots.empty() || waits)
        keep_back(place, ExitCode::ok,
                  to_ == nullptr ? source_.full_name(relative) + " has no snapshot: it goes with the next one"
                                 : source_.full_name(relative) + " has no snapshot @" + to_->name +
                                       " (created later): it goes with the next snapshot");
      else
        place.goal = here.newest();
    }
    const Snapshot& last = to_ != nullptr ? *to_ : root().snapshots.back();  // it has one: refusal_of_all
    plan_.to = last.name;
  }

  // A dataset cannot be received where its parent is not.
  void keep_back_orphans() {
    for (auto& [relative, place] : places_) {
      const std::optional<std::string> parent = parent_of(relative);
      if (!parent || place.stays() || place.position.there != nullptr) continue;
      const auto above = places_.find(*parent);
      if (above == places_.end() || !above->second.stays() || above->second.position.there != nullptr) continue;
      keep_back(
          place, above->second.plan.code,
          source_.full_name(relative) + " waits: its parent is not at the target (" + above->second.plan.why + ")");
    }
  }

  // One stream carries what `to` is on, from a base that all of them have or are brought to first.
  bool plan_with_tree() {
    if (!options_.allow_tree || to_ == nullptr || !places_.at("").carries_to || !tree_can_leave_out_the_rest())
      return false;
    const bool first_full = !target_.exists();
    if (first_full && config_.parallel > 1 && !is_encrypted(source_)) return false;
    if (first_full) {
      plan_.send = SendTree{source_.root, config_.dataset, std::nullopt, to_->name, config_.properties, skips_};
      for (auto& [relative, place] : places_)
        if (place.carries_to) place.plan.outcome = Outcome::sent;
      return plan_the_rest();
    }
    const Snapshot* base = most_advanced_base();
    if (base == nullptr || !is_legal_from(*base)) return false;
    for (auto& [relative, place] : places_) {
      if (!place.carries_to || place.stays()) continue;
      const Snapshot* own_base = place.position.here->find_by_name(base->name);
      if (own_base != nullptr) bring(relative, place, *own_base, Outcome::healed);
      if (base != to_ && place.plan.outcome == Outcome::up_to_date) place.plan.outcome = Outcome::sent;
    }
    if (base != to_)
      plan_.send = SendTree{source_.root, config_.dataset, base->name, to_->name, config_.properties, skips_};
    return plan_the_rest();
  }

  // Datasets that lack `to` are skipped with all below them (-s); whatever else must stay at home makes the stream of
  // the whole tree impossible.
  bool tree_can_leave_out_the_rest() {
    skips_ = false;
    // `recursive: false` lists the children without their snapshots, so what the stream would carry is not known.
    if (places_.size() == 1 && !source_.excluded.empty()) return false;
    for (const auto& [relative, here] : source_.excluded) {
      if (here.find_by_name(to_->name) != nullptr) return false;
      skips_ |= here.createtxg <= to_->createtxg;
    }
    for (const auto& [relative, place] : places_) {
      // Promoted from within itself: neither could come before the other.
      const std::optional<OriginInTree> origin = origin_in_tree(source_, *place.position.here);
      if (origin && is_below(origin->relative, relative)) return false;
      const bool has_to = place.position.here->find_by_name(to_->name) != nullptr;
      if (place.stays() && has_to) return false;
      if (has_to || place.position.here->createtxg > to_->createtxg) continue;
      skips_ = true;
      for (const auto& [below, other] : places_)
        if (is_below(below, relative) && other.position.here->find_by_name(to_->name) != nullptr) return false;
    }
    return true;
  }

  const Snapshot* most_advanced_base() const {
    for (auto it = root().snapshots.rbegin(); it != root().snapshots.rend(); ++it) {
      if (it->createtxg > to_->createtxg) continue;
      for (const auto& [relative, place] : places_) {
        const Snapshot* reached = place.position.reached();
        if (place.carries_to && reached != nullptr && reached->name == it->name) return &*it;
      }
    }
    return nullptr;
  }

  bool is_legal_from(const Snapshot& base) const {
    for (const auto& [relative, place] : places_) {
      if (!place.carries_to) continue;
      const Snapshot* own_base = place.position.here->find_by_name(base.name);
      const bool carried_in_full = own_base == nullptr && place.position.there == nullptr;
      if (carried_in_full) continue;
      if (own_base == nullptr) return false;
      const Snapshot* reached = place.position.reached();
      if (reached != nullptr && reached->createtxg > own_base->createtxg) return false;
      const Bookmark* bookmark = reached == nullptr ? place.position.bookmark : nullptr;
      if (bookmark != nullptr && bookmark->createtxg > own_base->createtxg) return false;
      // Its parent comes only with the stream: too late.
      if (place.position.there == nullptr) {
        const std::optional<std::string> above = parent_of(relative);
        if (!above) return false;  // the root, though something below it is there
        const Place& parent = places_.at(*above);
        if (parent.position.there == nullptr && parent.position.here->find_by_name(base.name) == nullptr) return false;
      }
    }
    return true;
  }

  bool plan_the_rest() {
    for (auto& [relative, place] : places_)
      if (!place.carries_to && place.goal != nullptr && !place.stays())
        bring(relative, place, *place.goal, Outcome::sent);
    return true;
  }

  void plan_one_by_one() {
    for (auto& [relative, place] : places_)
      if (place.goal != nullptr && !place.stays()) bring(relative, place, *place.goal, Outcome::sent);
  }

  // Steps that bring one dataset to `goal`, which is not older than what it has reached.
  void bring(const std::string& relative, Place& place, const Snapshot& goal, Outcome outcome) {
    const Position& position = place.position;
    const Dataset& here = *position.here;
    const Snapshot* reached = position.reached();
    DatasetPlan& plan = place.plan;
    SendDataset send{source_.full_name(relative),
                     target_full_name(relative),
                     SendFrom::nothing,
                     "",
                     "",
                     properties_for(config_.properties, here.kind, relative.empty())};
    const auto add = [&](SendFrom from, const std::string& base, const Snapshot& to) {
      send.from = from;
      send.base = base;
      send.to = to.name;
      plan.steps.emplace_back(send);
      reached = &to;
    };
    if (position.resumed != nullptr) {
      plan.steps.emplace_back(ResumeSend{send.source, send.target, position.there->resume_token, reached->name});
    } else if (position.bookmark != nullptr) {
      const auto next = std::find_if(here.snapshots.begin(), here.snapshots.end(), [&](const Snapshot& snapshot) {
        return snapshot.createtxg > position.bookmark->createtxg;
      });
      if (next == here.snapshots.end() || next->createtxg > goal.createtxg) return;  // the target has all that is left
      add(SendFrom::bookmark, position.bookmark->name, *next);
      plan.why = "its base is gone from the source; a bookmark of it is there";
    } else if (position.there == nullptr) {
      begin(relative, here, plan, add);
    }
    if (reached != nullptr && reached->createtxg < goal.createtxg) add(SendFrom::snapshot, reached->name, goal);
    if (plan.steps.empty()) return;
    plan.outcome = position.resumed != nullptr    ? Outcome::resumed
                   : position.bookmark != nullptr ? Outcome::healed
                                                  : outcome;
    if (plan.outcome == Outcome::healed && plan.why.empty())
      plan.why = position.there == nullptr ? "it was missing at the target" : "it was behind the rest of the tree";
  }

  // The first stream of a dataset that the target lacks: as a clone where its origin is there, else in full.
  template <typename Add>
  void begin(const std::string& relative, const Dataset& here, DatasetPlan& plan, const Add& add) {
    if (const std::optional<std::string> parent = parent_of(relative))
      if (target_.find(*parent) == nullptr) plan.after.push_back(*parent);
    const std::optional<OriginInTree> origin = origin_in_tree(source_, here);
    const auto place = origin ? places_.find(origin->relative) : places_.end();
    // An origin can have been renamed into its clone: it cannot be received before.
    if (place != places_.end() && !is_below(origin->relative, relative) &&
        origin_will_be_there(place->second, *origin->snapshot)) {
      plan.after.push_back(origin->relative);
      return add(SendFrom::origin, here.origin, here.snapshots.front());
    }
    add(SendFrom::nothing, "", here.snapshots.front());
  }

  static bool origin_will_be_there(const Place& place, const Snapshot& snapshot) {
    if (place.position.there != nullptr && place.position.there->find_by_guid(snapshot.guid) != nullptr) return true;
    if (place.goal == nullptr || place.stays() || snapshot.createtxg > place.goal->createtxg) return false;
    if (place.position.there == nullptr) return true;
    const Snapshot* reached = place.position.reached();
    const Bookmark* bookmark = place.position.bookmark;
    return reached != nullptr ? snapshot.createtxg > reached->createtxg
                              : bookmark != nullptr && snapshot.createtxg > bookmark->createtxg;
  }

  // The end of any replication stream puts the roots right: the last increment again, where there is nothing new.
  void repair_encryption_roots() {
    if (plan_.send || to_ == nullptr || !target_.exists()) return;
    const std::vector<std::string> astray = astray_encryption_roots(source_, target_);
    if (astray.empty()) return;
    const std::string astray_names = target_.full_name(astray.front()) +
                                     (astray.size() > 1 ? " and " + std::to_string(astray.size() - 1) + " more" : "");
    const Snapshot* base = nullptr;
    if (options_.allow_tree && tree_can_leave_out_the_rest())
      for (const Snapshot& snapshot : root().snapshots)
        if (snapshot.createtxg < to_->createtxg) base = &snapshot;
    const bool all_carry_base =
        base != nullptr && std::all_of(places_.begin(), places_.end(), [&](const auto& entry) {
          return !entry.second.carries_to || entry.second.position.here->find_by_name(base->name) != nullptr;
        });
    if (!all_carry_base) {
      plan_.notes.push_back(astray_names + " is its own encryption root there, for now: the next recursive snapshot " +
                            "puts it right");
      return;
    }
    plan_.send = SendTree{source_.root, config_.dataset, base->name, to_->name, config_.properties, skips_};
    plan_.notes.push_back(astray_names + " is its own encryption root there: the last increment is sent once more, " +
                          "which puts it right");
  }

  std::string target_full_name(const std::string& relative) const {
    return relative.empty() ? config_.dataset : config_.dataset + "/" + relative;
  }

  void note_what_stays_behind() {
    for (const auto& [relative, place] : places_) {
      if (place.plan.outcome == Outcome::kept_back && place.plan.code == ExitCode::ok)
        plan_.notes.push_back(place.plan.why);
      else if (place.carries_to && place.goal != place.position.here->newest() && !relative.empty())
        plan_.notes.push_back(source_.full_name(relative) + " has snapshots newer than @" + plan_.to +
                              ": they go with the next recursive snapshot");
      if (place.plan.outcome == Outcome::up_to_date && place.position.there != nullptr &&
          place.position.there->written > 0)
        plan_.notes.push_back(target_.full_name(relative) +
                              " was written to since its newest snapshot: the next push " + "to it will stop there");
    }
    for (const auto& [relative, there] : target_.datasets)
      if (source_.find(relative) == nullptr && !source_.leaves_out(relative))
        plan_.notes.push_back(target_.full_name(relative) + " is no longer at the source" +
                              (config_.on_source_gone == OnSourceGone::keep ? ": the target keeps it" : ""));
  }

  const Inventory& source_;
  const Inventory& target_;
  const TargetConfig& config_;
  const PushOptions& options_;
  Places places_;
  const Snapshot* to_ = nullptr;  // the root's
  bool skips_ = false;
  PushPlan plan_;
};

}  // namespace

const char* to_string(Outcome outcome) {
  switch (outcome) {
    case Outcome::up_to_date:
      return "up to date";
    case Outcome::sent:
      return "sent";
    case Outcome::resumed:
      return "resumed";
    case Outcome::healed:
      return "healed";
    case Outcome::kept_back:
      return "kept back";
    case Outcome::failed:
      return "failed";
  }
  return "unknown";
}

PushPlan plan_push(const Inventory& source, const Inventory& target, const TargetConfig& config,
                   const PushOptions& options) {
  return PushPlanner(source, target, config, options).run();
}

}  // namespace czb
