// SPDX-License-Identifier: MIT
#include "plan/push.h"

#include <algorithm>
#include <utility>

#include "plan/at_rest.h"
#include "plan/dataset_steps.h"
#include "plan/encryption.h"
#include "plan/obstacle_text.h"
#include "plan/position.h"
#include "plan/received_properties.h"
#include "plan/record.h"
#include "plan/renames.h"

namespace czb {
namespace {

PushPlan refuse(ExitCode code, std::vector<std::string> sentences) {
  PushPlan plan;
  plan.code = code;
  plan.refusal = std::move(sentences);
  return plan;
}

TargetConfig with_properties(TargetConfig config, ReceivedProperties properties) {
  config.properties = std::move(properties);
  return config;
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

class PushPlanner {
 public:
  PushPlanner(const Inventory& source, const Inventory& target, const TargetConfig& config, const PushOptions& options)
      : source_(source),
        target_(target),
        config_(with_properties(config, askable_properties(config.properties, target.receiver))),
        left_out_(left_out_properties(config.properties, target.receiver)),
        options_(options),
        steps_{source, target, config_, options_, places_} {}

  PushPlan run() {
    place_all();
    if (std::optional<PushPlan> refused = refusal_of_all()) return std::move(*refused);
    leaves_names_alone_ = !allows_changes(target_.receiver) && stream_would_rename(source_, target_);
    keep_back_the_blocked();
    choose_to();
    choose_goals();
    keep_back_orphans();
    if (!plan_with_tree()) plan_one_by_one();
    repair_encryption_roots();
    note_what_stays_behind();
    if (!left_out_.empty())
      plan_.notes.push_back(
          "the target's receiver does not set these of 'properties' because a sender asks for it, so they "
          "are left out: " +
          joined(left_out_));
    if (leaves_names_alone_)
      plan_.notes.push_back(
          "what was renamed or promoted at the source keeps its old name at the target as well, and " +
          ("the tree goes dataset by dataset: " + receiver_forbids(target_.receiver)));
    for (auto& [relative, place] : places_) {
      if (place.goal != nullptr && !place.stays()) place.plan.goal = place.goal->name;
      plan_.datasets.push_back(std::move(place.plan));
    }
    return std::move(plan_);
  }

 private:
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
    AtRestView at_rest = view_at_rest(source_, target_, config_);
    if (!at_rest.refusal.empty()) return refuse(ExitCode::needs_person, std::move(at_rest.refusal));
    if (!target_.exists() && !options_.allow_full)
      return refuse(ExitCode::refused, {config_.dataset + " does not exist at the target, so all of " + source_.root +
                                        " would have to be sent. " + advice_on_missing(was_pushed())});
    plan_.at_rest = std::move(at_rest.warnings);
    plan_.notes = std::move(at_rest.notes);
    return std::nullopt;
  }

  bool was_pushed() const { return was_pushed_to(source_, config_.name); }

  static void keep_back(Place& place, ExitCode code, const std::string& why) {
    place.plan.outcome = Outcome::kept_back;
    place.plan.code = code;
    place.plan.why = why;
    place.plan.steps.clear();
  }

  // It waits for a snapshot of its own (nothing of it is missing at the target), or of what is above it.
  void let_wait(Place& place, const std::string& why) {
    const bool misses = !place.position.here->snapshots.empty();
    keep_back(place, misses ? ExitCode::failed : ExitCode::ok, why);
    if (misses) plan_.errors.push_back(why);
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
    for (const auto& [relative, left] : options_.left_alone)
      if (auto found = places_.find(relative); found != places_.end()) {
        keep_back(found->second, left.code, left.why);
        if (left.code == ExitCode::failed) found->second.plan.outcome = Outcome::failed;
      }
  }

  // Whether the one stream up to the root's snapshot `to` can carry every dataset. One that is younger than `to` is
  // left out by zfs send.
  bool is_on_all(const Snapshot& to) const {
    return std::all_of(places_.begin(), places_.end(), [&](const auto& entry) {
      const Dataset& here = *entry.second.position.here;
      return entry.second.blocked() || here.find_by_name(to.name) != nullptr || here.createtxg > to.createtxg;
    });
  }

  // The newest snapshot of the root that is on every dataset, but not one before what the target's root has. What
  // datasets have beside it goes by itself.
  void choose_to() {
    const Snapshot* base = places_.at("").position.reached();
    for (auto it = root().snapshots.rbegin(); it != root().snapshots.rend() && to_ == nullptr; ++it)
      if (is_on_all(*it) || &*it == base) to_ = &*it;
  }

  void choose_goals() {
    for (auto& [relative, place] : places_) {
      if (place.stays()) continue;
      const Dataset& here = *place.position.here;
      place.carries_to = to_ != nullptr && here.find_by_name(to_->name) != nullptr;
      place.goal = here.newest();
      if (place.goal != nullptr) continue;
      let_wait(place, to_ == nullptr ? source_.full_name(relative) + " has no snapshot: it goes with the next one"
                                     : source_.full_name(relative) + " has no snapshot @" + to_->name +
                                           " (created later): it goes with the next snapshot");
    }
    const Snapshot& last = to_ != nullptr ? *to_ : root().snapshots.back();  // it has one: refusal_of_all
    plan_.to = last.name;
  }

  // A dataset cannot be received where its parent is not, nor be renamed to there.
  void keep_back_orphans() {
    for (auto& [relative, place] : places_) {
      const std::optional<std::string> parent = parent_of(relative);
      if (!parent || place.stays() || place.position.there != nullptr) continue;
      const auto above = places_.find(*parent);
      if (above == places_.end()) continue;
      const Dataset* parent_there = above->second.position.there;
      const bool can_hold_it = parent_there != nullptr && parent_there->kind == DatasetKind::filesystem;
      if (can_hold_it) continue;
      if (above->second.stays()) {
        const std::string why =
            source_.full_name(relative) + " waits: its parent is not at the target (" + above->second.plan.why + ")";
        // That its parent waits for a snapshot is harmless for the parent alone; for a rename, for both.
        if (above->second.blocked() || !above->second.position.here->snapshots.empty())
          keep_back(place, above->second.plan.code, why);
        else
          let_wait(place, why);
      } else if (const auto name = name_before_rename(source_, target_, relative);
                 name && allows_changes(target_.receiver)) {
        keep_back(place, ExitCode::ok,
                  target_.full_name(*name) + " is renamed to " + target_.full_name(relative) +
                      " as soon as that has its parent");
        plan_.unfinished = true;
      }
    }
  }

  // One stream carries what `to` is on, from a base that all of them have or are brought to first.
  bool plan_with_tree() {
    if (!options_.allow_tree || to_ == nullptr || !places_.at("").carries_to || !tree_can_leave_out_the_rest())
      return false;
    if (!form_of_tree(source_)) return false;  // each in its own form
    const bool first_full = !target_.exists();
    // All is new in a first full; that of an encrypted tree brings the encryption roots right.
    if (holds_only_one_by_one(config_.properties, target_.receiver) && !(first_full && is_encrypted(source_)))
      return false;
    if (first_full && std::any_of(places_.begin(), places_.end(), [&](const auto& entry) {
          return entry.second.carries_to && cannot_come_as_clone(entry.first);
        }))
      return false;
    if (first_full && config_.parallel > 1 && !is_encrypted(source_)) return false;
    if (first_full) {
      plan_.send = send_tree(nullptr);
      for (auto& [relative, place] : places_)
        if (place.carries_to) {
          place.plan.outcome = Outcome::sent;
          steps_.go_on(place, *place.position.here->find_by_name(to_->name));
        }
      return plan_the_rest();
    }
    const Snapshot* base = most_advanced_base();
    if (base == nullptr || !is_legal_from(*base)) return false;
    for (auto& [relative, place] : places_) {
      if (!place.carries_to || place.stays()) continue;
      const Snapshot* own_base = place.position.here->find_by_name(base->name);
      if (own_base != nullptr) steps_.bring(place, *own_base, Outcome::healed);
      if (base != to_ && place.plan.outcome == Outcome::up_to_date) place.plan.outcome = Outcome::sent;
      steps_.go_on(place, *place.position.here->find_by_name(to_->name));
    }
    if (base != to_) plan_.send = send_tree(base);
    return plan_the_rest();
  }

  // `base`: null: in full. Raw where the forms differ: that is for encryption roots, and brings nothing new.
  SendTree send_tree(const Snapshot* base) const {
    const StreamForm form = form_of_tree(source_).value_or(StreamForm::raw);
    return {source_.root,
            config_.dataset,
            base == nullptr ? std::nullopt : std::optional<std::string>(base->name),
            to_->name,
            at_rest_properties(config_, source_, "", form),
            skips_,
            form};
  }

  // Datasets that lack `to` are skipped with all below them (-s); whatever else must stay at home makes the stream of
  // the whole tree impossible.
  bool tree_can_leave_out_the_rest() {
    skips_ = false;
    if (leaves_names_alone_) return false;
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
      if (carried_in_full && cannot_come_as_clone(relative)) return false;
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
        if (origin_comes_only_with_the_tree(place, base)) return false;
      }
    }
    return true;
  }

  // Of a dataset that the target lacks, and that a stream of the tree would bring as the clone that it is.
  bool cannot_come_as_clone(const std::string& relative) const {
    const std::optional<OriginInTree> origin = origin_in_tree(source_, *places_.at(relative).position.here);
    return origin && (options_.in_full.count(relative) != 0 || !receive_finds_origin(relative, origin->relative));
  }

  // Of a dataset that has to be there before the stream of the tree: then it could not come as the clone that it is.
  bool origin_comes_only_with_the_tree(const Place& place, const Snapshot& base) const {
    const std::optional<OriginInTree> origin = origin_in_tree(source_, *place.position.here);
    if (!origin) return false;
    const Place& from = places_.at(origin->relative);
    if (from.position.there != nullptr && from.position.there->find_by_guid(origin->snapshot->guid) != nullptr)
      return false;
    const Snapshot* own_base = from.position.here->find_by_name(base.name);
    return !from.stays() && (own_base == nullptr || own_base->createtxg < origin->snapshot->createtxg);
  }

  bool plan_the_rest() {
    for (auto& [relative, place] : places_) {
      if (place.carries_to || place.goal == nullptr || place.stays()) continue;
      steps_.bring(place, *place.goal, Outcome::sent);
      if (builds_on_the_tree(place)) std::swap(place.plan.steps, place.plan.then);
    }
    return true;
  }

  // Whether its parent, or what it is a clone of, comes with the stream of the tree, or after it.
  bool builds_on_the_tree(const Place& place) const {
    return std::any_of(place.plan.after.begin(), place.plan.after.end(), [&](const std::string& name) {
      const auto other = places_.find(name);
      return other != places_.end() && other->second.position.there == nullptr && other->second.plan.steps.empty();
    });
  }

  void plan_one_by_one() {
    for (auto& [relative, place] : places_)
      if (place.goal != nullptr && !place.stays()) steps_.bring(place, *place.goal, Outcome::sent);
  }

  // The end of any replication stream puts the roots right: the last increment again, where there is nothing new.
  void repair_encryption_roots() {
    if (plan_.send || to_ == nullptr || !target_.exists()) return;
    const std::vector<std::string> astray = astray_encryption_roots(source_, target_);
    if (astray.empty()) return;
    const std::string they_are =
        target_.full_name(astray.front()) + (astray.size() == 1 ? " is its own encryption root there"
                                                                : " and " + std::to_string(astray.size() - 1) +
                                                                      " more are their own encryption roots there");
    const bool all_lack_to = std::none_of(astray.begin(), astray.end(),
                                          [&](const std::string& relative) { return places_.at(relative).carries_to; });
    if (!encryption_roots_can_be_repaired(source_, target_)) {
      plan_.notes.push_back(
          they_are + ", with the same key: OpenZFS 2.1 leaves " +
          "it like that in a tree whose clones are no clones at the target; 2.3 puts it right with the " +
          "next snapshot. Where a dataset that is in clear here has a key of its own there, it stays for good");
      return;
    }
    const Snapshot* base = nullptr;
    if (!all_lack_to && options_.allow_tree && tree_can_leave_out_the_rest())
      for (const Snapshot& snapshot : root().snapshots)
        if (snapshot.createtxg < to_->createtxg) base = &snapshot;
    const bool all_carry_base =
        base != nullptr && std::all_of(places_.begin(), places_.end(), [&](const auto& entry) {
          return !entry.second.carries_to || entry.second.position.here->find_by_name(base->name) != nullptr;
        });
    // A receiver does not believe of what it did not receive itself that it inherits.
    if (target_.receiver && !options_.tree_failure.empty()) {
      plan_.warnings.push_back(they_are +
                               ", and that stays so: the stream of the tree, which would put it right, was " +
                               "not taken. " + options_.tree_failure);
      return;
    }
    if (!all_carry_base) {
      plan_.notes.push_back(they_are + ", for now: the next recursive snapshot puts it right");
      return;
    }
    plan_.send = send_tree(base);
    plan_.notes.push_back(they_are + ": the last increment is sent once more, which puts it right");
  }

  void note_what_stays_behind() {
    for (const auto& [relative, place] : places_) {
      if (place.plan.outcome == Outcome::kept_back && place.plan.code == ExitCode::ok)
        plan_.notes.push_back(place.plan.why);
      if (place.plan.outcome == Outcome::up_to_date && place.position.there != nullptr &&
          place.position.there->written > 0)
        plan_.notes.push_back(target_.full_name(relative) +
                              " was written to since its newest snapshot: the next push " + "to it will stop there");
    }
    for (const auto& [relative, there] : target_.datasets)
      if (source_.find(relative) == nullptr && !source_.leaves_out(relative))
        plan_.notes.push_back(target_.full_name(relative) + " is no longer at the source" +
                              (config_.on_source_gone == OnSourceGone::keep ? ": the target keeps it"
                               : allows_changes(target_.receiver)
                                   ? ""
                                   : ": the target keeps it, for " + receiver_forbids(target_.receiver)));
  }

  const Inventory& source_;
  const Inventory& target_;
  const TargetConfig config_;  // with the properties that may be asked for
  const std::vector<std::string> left_out_;
  const PushOptions& options_;
  Places places_;
  const DatasetSteps steps_;
  const Snapshot* to_ = nullptr;  // the root's
  bool skips_ = false;
  bool leaves_names_alone_ = false;  // the stream of the tree would rename, and may not
  PushPlan plan_;
};

}  // namespace

PushPlan plan_push(const Inventory& source, const Inventory& target, const TargetConfig& config,
                   const PushOptions& options) {
  return PushPlanner(source, target, config, options).run();
}

}  // namespace czb
