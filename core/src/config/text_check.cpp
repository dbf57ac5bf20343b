// SPDX-License-Identifier: MIT
#include "config/text_check.h"

#include <cstddef>
#include <cstdint>

namespace czb {
namespace {

std::string hexadecimal(unsigned byte) {
  constexpr std::string_view digits = "0123456789abcdef";
  return std::string("0x") + digits[(byte >> 4) & 15] + digits[byte & 15];
}

// How many bytes the character at the front of `text` has; 0 where it is not UTF-8.
std::size_t character_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xc2 && first <= 0xdf   ? 2
                             : (first & 0xf0U) == 0xe0        ? 3
                             : first >= 0xf0 && first <= 0xf4 ? 4
                                                              : 0;
  if (length == 0 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0U) != 0x80) return 0;
  }
  const unsigned second = byte(1);
  const bool overlong = (first == 0xe0 && second < 0xa0) || (first == 0xf0 && second < 0x90);
  const bool surrogate = first == 0xed && second > 0x9f;
  const bool beyond_unicode = first == 0xf4 && second > 0x8f;
  return overlong || surrogate || beyond_unicode ? 0 : length;
}

}  // namespace

std::optional<TextFault> text_fault(std::string_view text) {
  int line = 1;
  int column = 1;
  for (std::size_t at = 0; at < text.size();) {
    const auto byte = static_cast<unsigned char>(text[at]);
    const std::size_t length = character_length(text.substr(at));
    if (length == 0) return TextFault{line, column, "the byte " + hexadecimal(byte) + " is not UTF-8"};

    const bool c0 = byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r';
    const bool c1 = byte == 0xc2 && static_cast<unsigned char>(text[at + 1]) < 0xa0;
    if (c0 || c1 || byte == 0x7f) {
      const unsigned shown = c1 ? static_cast<unsigned char>(text[at + 1]) : byte;
      return TextFault{line, column, "the control character " + hexadecimal(shown) + " is not allowed"};
    }
    if (byte == '\n') {
      ++line;
      column = 1;
    } else {
      column += static_cast<int>(length);
    }
    at += length;
  }
  return std::nullopt;
}

}  // namespace czb
