// SPDX-License-Identifier: MIT
// Words of error messages: text that somebody wrote, quoted; lists of what there is; near misses.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace czb {

// 'text', with control characters escaped and anything beyond 80 bytes cut off, so that a message
// stays one line whatever was written.
std::string quoted(std::string_view text);

// "a, b, c"; "none" for an empty list.
std::string comma_list(const std::vector<std::string_view>& words);

// The candidate that somebody who wrote `word` probably meant: one or two typing slips away.
std::optional<std::string_view> nearest(std::string_view word, const std::vector<std::string_view>& candidates);

// "; did you mean 'daily'?", or nothing where no candidate is near.
std::string did_you_mean(std::string_view word, const std::vector<std::string_view>& candidates);

}  // namespace czb
