// SPDX-License-Identifier: MIT
// Reads what zfs prints. Pure functions of text.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "zfs/inventory.h"

namespace czb {

// The output of list_command(root, user_properties). Throws Error (failed) that quotes the line when
// it is not what such a command prints; it never guesses. Names, origins, encryption roots and resume tokens are what
// ZFS would print, letter by letter: the far end may have made them up.
Inventory parse_listing(std::string_view output, const std::string& root,
                        const std::vector<std::string>& user_properties);

// The output of list_names_command: a dataset's full name a line.
std::vector<std::string> parse_names(std::string_view output);

// The output of property_names_command: those that have a colon, each once. What is no name is left out.
std::set<std::string> user_properties_in(std::string_view output);

// The total from the standard error of `zfs send -P`, in bytes: its line "size<TAB>N". Absent while
// zfs has not printed it.
std::optional<std::uint64_t> estimated_size(std::string_view send_stderr);

}  // namespace czb
