// SPDX-License-Identifier: MIT
// What a shared object offers to others, told from its bytes alone.
#pragma once

#include <string>
#include <string_view>

namespace czb {

// Whether the shared object at `path` defines a function `name` that others can see. The file has passed elf_problem;
// whatever in it does not add up counts as no. Runs nothing of it.
bool exports_function(const std::string& path, std::string_view name);

}  // namespace czb
