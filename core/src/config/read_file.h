// SPDX-License-Identifier: MIT
// Reads a configuration file whole.
#pragma once

#include <cstddef>
#include <string>

namespace czb {

// The file's bytes, but no more than `limit` of them. Throws Error (usage) with the system's reason; or where others
// than root and this user could change the file or put another in its place (files/trusted_path.h), which says what to
// do.
std::string read_file(const std::string& path, std::size_t limit);

}  // namespace czb
