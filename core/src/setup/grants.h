// SPDX-License-Identifier: MIT
// What `zfs allow` has granted to the user that a receiver runs as, against the roles of zfs/permissions.h. No I/O.
#pragma once

#include <string>
#include <vector>

#include "zfs/permissions.h"
#include "zfs/receiver.h"

namespace czb::setup {

using Mode = ReceiverMode;

// Whether OpenZFS knows receive:append, with which the kernel itself refuses `zfs receive -F`: what `zfs version`
// prints, of the programs and of the module, is 2.3.2 or newer.
bool knows_append(const std::string& versions);

// Whether it stops where an increment does not fit what is there, as 2.2 and newer do (docs/adr/0018). What is not
// understood is taken for one that does.
bool stops_at_misfits(const std::string& versions);

// Whether all of it is granted already. `allowed`: what `zfs allow DATASET` prints; `groups`: the user's.
bool is_granted(const std::string& allowed, const std::string& dataset, const std::string& user,
                const std::vector<std::string>& groups, const RolePermissions& grants);

}  // namespace czb::setup
