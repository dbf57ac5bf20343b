// SPDX-License-Identifier: MIT
// What `zfs allow` has to grant to the user that a receiver runs as. No I/O.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace czb::setup {

enum class Mode { append_only, mirror, pull };

// "append-only", "mirror", "pull", as the receiver's option --mode has them.
const char* to_string(Mode mode);

// The permissions that the receiver's commands need in that mode.
std::vector<std::string> needed_permissions(Mode mode);

// `zfs allow -u USER PERMISSIONS DATASET`.
std::vector<std::string> allow_command(const std::string& user, const std::vector<std::string>& permissions,
                                       const std::string& dataset);

// `zfs allow DATASET`, which prints who may do what there.
std::vector<std::string> show_allowed_command(const std::string& dataset);

// What that printed grants to the user by name for the dataset and what is below it. Only grants for datasets and their
// descendants count ("Local+Descendent"), of the dataset or one above it.
std::set<std::string> granted(std::string_view printed, const std::string& user);

// Those needed that are not granted, in the order of needed_permissions.
std::vector<std::string> missing_permissions(const std::vector<std::string>& needed,
                                             const std::set<std::string>& granted);

}  // namespace czb::setup
