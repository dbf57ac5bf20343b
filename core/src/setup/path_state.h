// SPDX-License-Identifier: MIT
// What a path is at the moment. For setup/receiver_steps.h and setup/sender_steps.h.
#pragma once

#include <string>

#include "setup/receiver_steps.h"

namespace czb::setup {

// By lstat: a symbolic link is `link`. Throws Error (failed) where it cannot be told, for lack of a permission, say.
PathState state_of_path(const std::string& path);

// The text of a regular file; empty where there is none. Throws Error (failed) where it cannot be read.
std::string text_of_file(const std::string& path);

}  // namespace czb::setup
