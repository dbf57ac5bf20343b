// SPDX-License-Identifier: MIT
// The steps that bring one dataset of the target to a snapshot of the source. Pure.
#pragma once

#include <map>
#include <string>

#include "config/config.h"
#include "plan/position.h"
#include "plan/push.h"
#include "zfs/inventory.h"

namespace czb {

// A dataset of the source in the making of a plan.
struct Place {
  Position position;
  const Snapshot* goal = nullptr;  // what the target shall reach; null: nothing
  bool carries_to = false;         // it has the snapshot that the tree's stream goes to
  DatasetPlan plan;

  bool stays() const { return plan.outcome == Outcome::kept_back || plan.outcome == Outcome::failed; }
  bool blocked() const { return stays() && plan.code != ExitCode::ok; }
};

using Places = std::map<std::string, Place>;  // by relative name

class DatasetSteps {
 public:
  // Keeps the references.
  DatasetSteps(const Inventory& source, const Inventory& target, const TargetConfig& config, const PushOptions& options,
               const Places& places)
      : source_(source), target_(target), config_(config), options_(options), places_(places) {}

  // Adds to the place's plan what brings it to `goal`, which is not older than what it has reached; its outcome is then
  // `outcome`, or resumed or healed where that says more. Nothing where it is there.
  void bring(Place& place, const Snapshot& goal, Outcome outcome) const;

  // Adds what brings it on from `carried`, which the stream of the tree brings, to its goal.
  void go_on(Place& place, const Snapshot& carried) const;

 private:
  struct First;

  SendDataset send_of(const Place& place) const;
  First first(const Place& place, DatasetPlan& plan) const;

  const Inventory& source_;
  const Inventory& target_;
  const TargetConfig& config_;
  const PushOptions& options_;
  const Places& places_;
};

}  // namespace czb
