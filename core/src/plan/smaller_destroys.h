// SPDX-License-Identifier: MIT
// zfs destroys all snapshots of a command, or none: what is left to try after one that failed. Pure.
#pragma once

#include <string>
#include <vector>

#include "plan/spared.h"
#include "plan/step.h"
#include "zfs/inventory.h"

namespace czb {

struct SmallerDestroys {
  std::vector<DestroySnapshots> steps;  // together: what the failed one was to destroy, but for `spared`
  std::vector<Spared> spared;           // what is in use, or has clones
  bool failed = false;                  // of some it said another reason: these failed
};

// `said`: what zfs said on standard error. It names what it will not destroy, nearly always: the rest is tried without
// it. Where it does not, but the failure is one that a single snapshot causes, the command's halves are tried. For any
// other failure neither: smaller ones would fail as well, so there are none.
// `inventory`: of the step's side, as it was planned from, without what is gone since.
SmallerDestroys smaller_destroys(const DestroySnapshots& failed, const Inventory& inventory, const std::string& said);

}  // namespace czb
