// SPDX-License-Identifier: MIT
// The written forms of single option values (cyber-zfs-backup/options.h). Each returns nothing for
// text that is not of the form, and for numbers beyond 64 bits.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cyber-zfs-backup/options.h"

namespace czb {

// integer, boolean (0 or 1), duration (seconds), size (bytes) and count (count_all for `all`).
std::optional<std::int64_t> parse_option_number(OptionType type, std::string_view text);

// The words of an enumeration's `choices`.
std::vector<std::string_view> choice_words(std::string_view choices);

// What the option takes, as words that follow "expected ".
std::string expected_words(const OptionSpec& option);

}  // namespace czb
