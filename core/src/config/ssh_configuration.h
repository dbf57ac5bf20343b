// SPDX-License-Identifier: MIT
// The file that an ssh transport's option `config` names: it can say which programs ssh starts, so it is held to what
// the configuration itself is held to.
#pragma once

#include "config/config.h"

namespace czb {

// Throws Error (usage), with the origin, for the first one that others than root and this user could change, or put
// another in its place (files/trusted_path.h). One that does not exist is for the transport to complain of, or for
// `setup` to make. What such a file includes is not looked at.
void check_ssh_configurations(const Config& config);

}  // namespace czb
