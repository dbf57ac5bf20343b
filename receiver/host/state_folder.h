// SPDX-License-Identifier: MIT
// Where the receiver keeps its locks and counts.
#pragma once

#include <string>

namespace czb::receiver {

// Makes the folder (mode 0700) where only it is missing. Throws Misconfigured, with what to do, when it cannot be used
// or others than root and this user could write to it.
void check_state_folder(const std::string& path);

}  // namespace czb::receiver
