// SPDX-License-Identifier: MIT
// What `zfs allow` has to grant to the user that a receiver runs as: the roles of zfs/permissions.h as commands. No
// I/O.
#pragma once

#include <string>
#include <vector>

#include "zfs/permissions.h"

namespace czb::setup {

enum class Mode { append_only, mirror, pull };

// "append-only", "mirror", "pull", as the receiver's option --mode has them.
const char* to_string(Mode mode);

// What the receiver's commands need in that mode.
RolePermissions needed_grants(Mode mode);

// The commands that grant it, for the dataset and all below it; `zfs`: the program.
std::vector<std::vector<std::string>> allow_commands(const std::string& zfs, const std::string& user,
                                                     const RolePermissions& grants, const std::string& dataset);

// Whether all of it is granted already. `allowed`: what `zfs allow DATASET` prints; `groups`: the user's.
bool is_granted(const std::string& allowed, const std::string& dataset, const std::string& user,
                const std::vector<std::string>& groups, const RolePermissions& grants);

}  // namespace czb::setup
