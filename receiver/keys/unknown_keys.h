// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>

namespace czb::receiver {

// How many encrypted datasets of `root` have no record of their key in the state folder: the first key that comes for
// them is taken for the right one, but where the user may send, and so see which they have. None where the root is not
// there. What is encrypted with a key of this host's, from above the root, came in clear and is none of them. Throws
// Error (failed) and Interrupted.
std::size_t count_unknown_keys(const std::string& zfs, const std::string& root, const std::string& state);

}  // namespace czb::receiver
