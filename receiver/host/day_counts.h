// SPDX-License-Identifier: MIT
// The counts of guards.h in files, one for each dataset. Under the dataset's lock (execute/dataset_lock.h).
#pragma once

#include <string>
#include <vector>

#include "receiver/request/guards.h"

namespace czb::receiver {

// Those of these datasets that have a file. Throws Refused when one cannot be read or understood: it is for a person to
// look at, never to begin anew.
DayCounts read_day_counts(const std::string& state, const std::vector<std::string>& datasets);

// Each file is replaced as a whole, and is on the disk when this returns. Throws Misconfigured.
void write_day_counts(const std::string& state, const DayCounts& counts);

}  // namespace czb::receiver
