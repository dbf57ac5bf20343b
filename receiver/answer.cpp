// SPDX-License-Identifier: MIT
#include "receiver/answer.h"

namespace czb::receiver {

std::string visible(std::string_view text, std::size_t longest) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string shown;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    std::string piece(1, c);
    if (byte < 0x20 || byte >= 0x7f || c == '\\') piece = std::string("\\x") + digits[byte >> 4U] + digits[byte & 15U];
    if (shown.size() + piece.size() > longest) return shown + "...";
    shown += piece;
  }
  return shown;
}

}  // namespace czb::receiver
