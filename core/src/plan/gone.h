// SPDX-License-Identifier: MIT
// Datasets of the target that the source has no more (`on-source-gone: destroy`). Pure.
#pragma once

#include <string>
#include <vector>

#include "config/config.h"
#include "plan/spared.h"
#include "plan/step.h"
#include "zfs/inventory.h"

namespace czb {

struct GonePlan {
  // Children before parents; of each dataset first its snapshots, by name, then itself.
  std::vector<std::vector<Step>> datasets;
  std::size_t snapshots = 0;   // that go
  std::vector<Spared> spared;  // snapshots, and datasets of which nothing shows that they came from this source
  std::vector<std::string> refusals;
};

// Nothing where the job does not say so. A dataset that the source has renamed stays until the target has received it
// under its new name. Where more than destroy-limit of the target's datasets would go at once, none
// does without `force_destroy_lots`: a source that lost half of its tree is no reason to lose the backup, too.
GonePlan plan_gone(const Inventory& source, const Inventory& target, const TargetConfig& config,
                   bool force_destroy_lots);

}  // namespace czb
