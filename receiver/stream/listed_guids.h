// SPDX-License-Identifier: MIT
// A raw package's header says of each dataset whether it is an encryption root, and tells the datasets by the guids of
// their snapshots.
#pragma once

#include "receiver/stream/stream_rules.h"

namespace czb::receiver {

// Throws Refused when a snapshot that the package lists for one dataset of the tree is another's here.
void check_listed_elsewhere(const Package& package, const PresentTree& present);

}  // namespace czb::receiver
