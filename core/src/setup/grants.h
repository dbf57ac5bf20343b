// SPDX-License-Identifier: MIT
// What `zfs allow` has to grant to the user that a receiver runs as. No I/O.
#pragma once

#include <string>
#include <vector>

namespace czb::setup {

enum class Mode { append_only, mirror, pull };

// "append-only", "mirror", "pull", as the receiver's option --mode has them.
const char* to_string(Mode mode);

// The permissions that the receiver's commands need in that mode.
std::vector<std::string> needed_permissions(Mode mode);

// `zfs allow -u USER PERMISSIONS DATASET`; `zfs`: the program.
std::vector<std::string> allow_command(const std::string& zfs, const std::string& user,
                                       const std::vector<std::string>& permissions, const std::string& dataset);

}  // namespace czb::setup
