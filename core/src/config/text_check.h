// SPDX-License-Identifier: MIT
// Whether bytes are text that may be shown to a user: UTF-8 without control characters.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace czb {

struct TextFault {
  int line;          // from 1
  int column;        // from 1, in bytes
  std::string what;  // "the byte 0xff is not UTF-8"
};

// The first byte that does not belong: not UTF-8 (RFC 3629: no overlong forms, no surrogates), or a
// control character (C0, DEL or C1) other than tab, line feed and carriage return.
std::optional<TextFault> text_fault(std::string_view text);

}  // namespace czb
