// SPDX-License-Identifier: MIT
#include "plan/dataset_steps.h"

#include <algorithm>
#include <utility>

#include "plan/encryption.h"
#include "plan/received_properties.h"

namespace czb {
namespace {

bool origin_will_be_there(const Place& place, const Snapshot& snapshot) {
  if (place.position.there != nullptr && place.position.there->find_by_guid(snapshot.guid) != nullptr) return true;
  if (place.goal == nullptr || place.stays() || snapshot.createtxg > place.goal->createtxg) return false;
  if (place.position.there == nullptr) return true;
  const Snapshot* reached = place.position.reached();
  const Bookmark* bookmark = place.position.bookmark;
  return reached != nullptr ? snapshot.createtxg > reached->createtxg
                            : bookmark != nullptr && snapshot.createtxg > bookmark->createtxg;
}

}  // namespace

// What the first stream of a dataset that the target lacks begins from.
struct DatasetSteps::First {
  SendFrom from;
  std::string base;
};

void DatasetSteps::bring(Place& place, const Snapshot& goal, Outcome outcome) const {
  const Position& position = place.position;
  const Dataset& here = *position.here;
  const Snapshot* reached = position.reached();
  DatasetPlan& plan = place.plan;
  SendDataset send = send_of(place);
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
    const First begin = first(place, plan);
    add(begin.from, begin.base, here.snapshots.front());
  }
  if (reached != nullptr && reached->createtxg < goal.createtxg) add(SendFrom::snapshot, reached->name, goal);
  if (plan.steps.empty()) return;
  plan.outcome = position.resumed != nullptr    ? Outcome::resumed
                 : position.bookmark != nullptr ? Outcome::healed
                                                : outcome;
  if (plan.outcome == Outcome::healed && plan.why.empty())
    plan.why = position.there == nullptr ? "it was missing at the target" : "it was behind the rest of the tree";
}

void DatasetSteps::go_on(Place& place, const Snapshot& carried) const {
  const Snapshot* reached = place.position.reached();
  const Snapshot& from = reached != nullptr && reached->createtxg > carried.createtxg ? *reached : carried;
  if (place.goal == nullptr || from.createtxg >= place.goal->createtxg) return;
  SendDataset send = send_of(place);
  send.from = SendFrom::snapshot;
  send.base = from.name;
  send.to = place.goal->name;
  place.plan.then.emplace_back(std::move(send));
  if (place.plan.outcome == Outcome::up_to_date) place.plan.outcome = Outcome::sent;
}

SendDataset DatasetSteps::send_of(const Place& place) const {
  const std::string& relative = place.plan.relative;
  const StreamForm form = form_of(*place.position.here);
  const ReceivedProperties configured = at_rest_properties(config_, source_, relative, form);
  return {source_.full_name(relative),
          relative.empty() ? config_.dataset : config_.dataset + "/" + relative,
          SendFrom::nothing,
          "",
          "",
          held_one_by_one(properties_for(configured, place.position.here->kind, relative.empty()), target_.receiver),
          form};
}

// As a clone where its origin is or will be there, else in full.
DatasetSteps::First DatasetSteps::first(const Place& place, DatasetPlan& plan) const {
  const std::string& relative = place.plan.relative;
  if (const std::optional<std::string> parent = parent_of(relative))
    if (target_.find(*parent) == nullptr) plan.after.push_back(*parent);
  const std::optional<OriginInTree> origin = origin_in_tree(source_, *place.position.here);
  const auto from = origin ? places_.find(origin->relative) : places_.end();
  // An origin can have been renamed into its clone: it cannot be received before.
  if (from == places_.end() || is_below(origin->relative, relative) || options_.in_full.count(relative) != 0 ||
      !receive_finds_origin(relative, origin->relative) || !origin_will_be_there(from->second, *origin->snapshot))
    return {SendFrom::nothing, ""};
  plan.after.push_back(origin->relative);
  return {SendFrom::origin, place.position.here->origin};
}

}  // namespace czb
