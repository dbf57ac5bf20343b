// SPDX-License-Identifier: MIT
// Whether a first full stream has a place to go to.
#pragma once

#include <string>

#include "zfs/host.h"

namespace czb {

// zfs receive makes the last component of `dataset` only. Throws Error (failed), with what to type, where what is above
// it does not exist on the host.
void refuse_missing_parent(Host& host, const std::string& dataset);

}  // namespace czb
