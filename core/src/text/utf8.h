// SPDX-License-Identifier: MIT
// Where one character of UTF-8 ends (RFC 3629).
#pragma once

#include <cstddef>
#include <string_view>

namespace czb {

// How many bytes the character at the front of `text`, which is not empty, has; 0 where it is not UTF-8: cut off,
// longer than it need be, a surrogate, or beyond U+10FFFF.
std::size_t utf8_length(std::string_view text);

}  // namespace czb
