// SPDX-License-Identifier: MIT
#include "text/visible.h"

#include <cstdint>

#include "text/utf8.h"

namespace czb {
namespace {

std::string escaped(char c) {
  constexpr std::string_view digits = "0123456789abcdef";
  const auto byte = static_cast<unsigned char>(c);
  return std::string("\\x") + digits[byte >> 4U] + digits[byte & 15U];
}

// The number of the character that `bytes` are, which are UTF-8.
std::uint32_t code_point(std::string_view bytes) {
  const auto first = static_cast<unsigned char>(bytes.front());
  if (bytes.size() == 1) return first;
  std::uint32_t number = first & (0xffU >> (bytes.size() + 1));
  for (const char c : bytes.substr(1)) number = (number << 6U) | (static_cast<unsigned char>(c) & 0x3fU);
  return number;
}

// Unicode's control characters, and those that have no width or give the text behind them another direction.
bool may_be_shown(std::uint32_t character) {
  if (character == '\n' || character == '\t') return true;
  if (character < 0x20 || (character >= 0x7f && character <= 0x9f)) return false;
  const bool marks = character == 0x61c || (character >= 0x200b && character <= 0x200f) || character == 0xfeff;
  const bool separators_and_directions = character >= 0x2028 && character <= 0x202e;
  const bool isolates = character >= 0x2060 && character <= 0x206f;
  const bool tags = character >= 0xe0000 && character <= 0xe007f;
  return !(marks || separators_and_directions || isolates || tags);
}

}  // namespace

std::string visible(std::string_view text, std::size_t longest) {
  std::string shown;
  for (const char c : text) {
    const bool plain = c >= 0x20 && c < 0x7f && c != '\\';
    const std::string piece = plain ? std::string(1, c) : escaped(c);
    if (shown.size() + piece.size() > longest) return shown + "...";
    shown += piece;
  }
  return shown;
}

std::string printable(std::string_view text) {
  std::string shown;
  shown.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    const std::string_view character = text.substr(0, length == 0 ? 1 : length);
    if (length != 0 && may_be_shown(code_point(character)))
      shown += character;
    else
      for (const char c : character) shown += escaped(c);
    text.remove_prefix(character.size());
  }
  return shown;
}

}  // namespace czb
