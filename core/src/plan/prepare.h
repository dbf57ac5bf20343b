// SPDX-License-Identifier: MIT
// What has to happen at the target before anything can be sent: names and clones as at the source, hopeless
// partial receives given up, snapshots renamed as there, those gone whose names others bear there now, and, where the
// job says so, the target's own changes. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "config/config.h"
#include "plan/outcome.h"
#include "plan/step.h"
#include "zfs/inventory.h"

namespace czb {

struct PreparationStep {
  std::string relative;  // the dataset of the source that it is for
  Step step;
  std::string why;
};

struct Preparation {
  std::vector<PreparationStep> steps;
  std::optional<Inventory> target;    // as it is after them; nothing where there are none
  bool full_was_begun = false;        // the first full stream was begun, and is given up by these steps
  std::vector<std::string> refusals;  // a sentence for each dataset that a guard leaves as it is, and that goes on
  std::map<std::string, LeftAlone> blocked;  // those that nothing can be sent to
};

// `left_alone`: nothing is planned for them. What a restricted receiver would refuse is not planned: renames and
// promotions are not followed then. `rename_singly`: no snapshot is renamed in more than one dataset by one command.
Preparation plan_preparation(const Inventory& source, const Inventory& target, const TargetConfig& config,
                             bool force_destroy_lots, const std::map<std::string, LeftAlone>& left_alone,
                             bool rename_singly = false);

}  // namespace czb
