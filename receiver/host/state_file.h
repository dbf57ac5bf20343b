// SPDX-License-Identifier: MIT
// Small files in the state folder, one for each dataset and purpose. Under the dataset's lock.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace czb::receiver {

// "tank%home.KIND" in the folder: the name of the dataset's lock file with another ending.
std::string state_file_path(const std::string& state, const std::string& dataset, const std::string& kind);

// What is in it; nothing when it is not there. Throws Refused when it cannot be read: it is for a person to look at.
std::optional<std::string> read_state_file(const std::string& path);

// Replaces it as a whole; it is on the disk when this returns. Throws Misconfigured.
void write_state_file(const std::string& path, std::string_view text);

// What to say of one that is not understood. Throws Refused.
[[noreturn]] void refuse_state_file(const std::string& path, const std::string& why);

}  // namespace czb::receiver
