// SPDX-License-Identifier: MIT
// What is deleted at the target so that it holds exactly what the source holds (docs/architecture.md, rule
// 1).
// Pure.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "config/config.h"
#include "cyber-zfs-backup/naming.h"
#include "plan/spared.h"
#include "plan/step.h"
#include "zfs/inventory.h"

namespace czb {

// What is asked for, as far as the target's receiver does it: in mirror mode it destroys our own names only.
Mirror mirror_in_effect(Mirror asked, const std::optional<ReceiverMode>& receiver);

struct MirrorPlan {
  std::vector<DestroySnapshots> steps;
  std::size_t count = 0;
  std::vector<Spared> spared;
  std::vector<std::string> refusals;  // a sentence for each dataset that is left alone
  std::set<std::string> refused;      // their relative names
};

// Plans to destroy, by name, the target's snapshots whose guid the source lacks and that are older
// than the newest common one of their dataset. `target` is as it will be when the push went well; `counted`: how many
// snapshots each dataset has before it, for the guard, where that differs. Datasets that only the target has are left
// alone. Nothing is planned that a restricted receiver would refuse.
MirrorPlan plan_mirror(const Inventory& source, const Inventory& target, const TargetConfig& config, Naming& naming,
                       bool force_destroy_lots, const std::map<std::string, std::size_t>* counted = nullptr);

}  // namespace czb
