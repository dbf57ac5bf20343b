// SPDX-License-Identifier: MIT
// Whether the sides agree, by GUID. Pure.
#pragma once

#include <string>
#include <vector>

#include "config/config.h"
#include "cyber-zfs-backup/naming.h"
#include "plan/spared.h"
#include "zfs/inventory.h"

namespace czb {

// What the target lacks, or has beyond what its `mirror` allows, compared with the source up to and
// including each dataset's snapshot `to`. `excused`: full names at the target that may stay (guards,
// holds). `extras_refused`: a guard left extras of whole datasets alone. Empty: they agree.
std::vector<std::string> disagreements(const Inventory& source, const Inventory& target, const std::string& to,
                                       Mirror mirror, Naming& naming, const std::vector<Spared>& excused,
                                       bool extras_refused);

}  // namespace czb
