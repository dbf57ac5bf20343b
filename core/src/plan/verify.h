// SPDX-License-Identifier: MIT
// Whether the sides agree, by GUID. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "config/config.h"
#include "cyber-zfs-backup/naming.h"
#include "plan/mirror.h"
#include "zfs/inventory.h"

namespace czb {

struct Verification {
  std::vector<std::string> disagreements;  // what is missing, or should be gone; empty: they agree
  std::size_t extras = 0;                  // snapshots that the source lacks and the target may keep
};

// Compares the target with the source up to and including each dataset's snapshot `to`. Extras at the
// target are disagreements unless `mode` keeps them, or `plan` spared or refused them.
Verification verify(const Inventory& source, const Inventory& target, const std::string& to, Mirror mode,
                    Naming& naming, const MirrorPlan& plan);

}  // namespace czb
