// SPDX-License-Identifier: MIT
// Reads a configuration file whole.
#pragma once

#include <cstddef>
#include <string>

namespace czb {

// The file's bytes, but no more than `limit` of them. Throws Error (usage) with the system's reason.
std::string read_file(const std::string& path, std::size_t limit);

}  // namespace czb
