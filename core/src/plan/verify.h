// SPDX-License-Identifier: MIT
// Whether the sides agree, by GUID. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "config/config.h"
#include "cyber-zfs-backup/naming.h"
#include "plan/mirror.h"
#include "plan/push.h"
#include "zfs/inventory.h"

namespace czb {

struct Disagreement {
  std::string relative;  // the dataset
  std::string text;      // what is missing, or should be gone
};

struct Verification {
  std::vector<Disagreement> disagreements;  // none: the sides agree
  std::size_t extras = 0;                   // snapshots that the source lacks and the target may keep
};

// Compares the target with the source up to and including the goal of each of `plans`. Extras at the
// target are disagreements unless `mode` or the target's receiver keeps them, or `mirror` spared or refused them.
Verification verify(const Inventory& source, const Inventory& target, const std::vector<DatasetPlan>& plans,
                    Mirror mode, Naming& naming, const MirrorPlan& mirror);

}  // namespace czb
