// SPDX-License-Identifier: MIT
// Whether the user that zfs runs as on a side may do what a run asks of it. What that is says zfs/permissions.h.
#pragma once

#include <optional>
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

// `permissions`.
void check_permissions(Side& side, Findings& findings);

}  // namespace czb::doctor
