// SPDX-License-Identifier: MIT
// What `zfs allow` has to grant to the user that a receiver runs as: the roles of zfs/permissions.h as commands. No
// I/O.
#pragma once

#include <string>
#include <vector>

#include "zfs/permissions.h"
#include "zfs/receiver.h"

namespace czb::setup {

using Mode = ReceiverMode;

// The commands that grant it, for the dataset and all below it; `zfs`: the program; `append`: OpenZFS knows
// receive:append, with which the kernel itself refuses `zfs receive -F` (2.3.2 and newer).
std::vector<std::vector<std::string>> allow_commands(const std::string& zfs, const std::string& user,
                                                     const RolePermissions& grants, const std::string& dataset,
                                                     bool append = false);

// Whether what `zfs version` prints, of the programs and of the module, is 2.3.2 or newer.
bool knows_append(const std::string& versions);

// Whether all of it is granted already. `allowed`: what `zfs allow DATASET` prints; `groups`: the user's.
bool is_granted(const std::string& allowed, const std::string& dataset, const std::string& user,
                const std::vector<std::string>& groups, const RolePermissions& grants);

}  // namespace czb::setup
