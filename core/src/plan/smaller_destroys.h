// SPDX-License-Identifier: MIT
// zfs destroys all snapshots of a command, or none: what is left to try after one that failed. Pure.
#pragma once

#include <set>
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
  std::set<std::string> refused;        // relative names of what a restricted receiver protects
};

// `said`: what zfs said on standard error. It names what it will not destroy, nearly always: the rest is tried without
// it. Where it does not, but the failure is one that a single snapshot causes, the command's halves are tried. For any
// other failure neither: smaller ones would fail as well, so there are none.
// `inventory`: of the step's side, as it was planned from, without what is gone since.
SmallerDestroys smaller_destroys(const DestroySnapshots& failed, const Inventory& inventory, const std::string& said);

// The same after a restricted receiver has refused it and named datasets: the rest is tried without all of these. No
// steps where it names none, or nothing but them is left.
SmallerDestroys without_refused(const DestroySnapshots& failed, const Inventory& inventory, const std::string& said);

}  // namespace czb
