// SPDX-License-Identifier: MIT
// Jobs that work on the same dataset: each expires by its own policy what the other has taken, and mirrors it away.
// Pure.
#pragma once

#include "config/config.h"

namespace czb {

// Fills JobConfig::others and TargetConfig::others. The same dataset: of the same transport with the same options, and
// by its name; or one below the other that the other's job takes.
void find_overlaps(Config& config);

}  // namespace czb
