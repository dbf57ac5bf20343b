// SPDX-License-Identifier: MIT
// Whether the user that zfs runs as on a side may do what a run asks of it.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "doctor/finding.h"
#include "doctor/side.h"

namespace czb::doctor {

struct Identity {
  unsigned long id = 0;
  std::string user;
  std::vector<std::string> groups;
};

// From the output of `id`. Nothing where it is not understood.
std::optional<Identity> parse_identity(std::string_view output);

// The permissions that `who` has on `dataset`, permission sets resolved. `output`: of `zfs allow DATASET`, which tells
// those of the datasets above it too.
std::set<std::string> permissions_of(const Identity& who, std::string_view output, const std::string& dataset);

// What a run needs on this side.
std::vector<std::string> needed_permissions(const Side& side);

// `permissions`.
void check_permissions(Side& side, Findings& findings);

}  // namespace czb::doctor
