// SPDX-License-Identifier: MIT
#include "config/text_check.h"

#include <cstddef>

#include "text/utf8.h"

namespace czb {
namespace {

std::string hexadecimal(unsigned byte) {
  constexpr std::string_view digits = "0123456789abcdef";
  return std::string("0x") + digits[(byte >> 4) & 15] + digits[byte & 15];
}

}  // namespace

std::optional<TextFault> text_fault(std::string_view text) {
  int line = 1;
  int column = 1;
  for (std::size_t at = 0; at < text.size();) {
    const auto byte = static_cast<unsigned char>(text[at]);
    const std::size_t length = utf8_length(text.substr(at));
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
