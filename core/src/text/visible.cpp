// SPDX-License-Identifier: MIT
#include "text/visible.h"

#include <algorithm>
#include <cstdint>
#include <iterator>

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

struct Range {
  std::uint32_t first;
  std::uint32_t last;
};

// Unicode's control characters and those of format (categories Cc and Cf: some have no width, some give the text behind
// them another direction), fillers and selectors that are not seen, what is for private use, and what is no character.
constexpr Range not_shown[] = {{0x0000, 0x001f},   {0x007f, 0x009f},   {0x00ad, 0x00ad},   {0x034f, 0x034f},
                               {0x0600, 0x0605},   {0x061c, 0x061c},   {0x06dd, 0x06dd},   {0x070f, 0x070f},
                               {0x0890, 0x0891},   {0x08e2, 0x08e2},   {0x115f, 0x1160},   {0x17b4, 0x17b5},
                               {0x180b, 0x180f},   {0x200b, 0x200f},   {0x2028, 0x202e},   {0x2060, 0x206f},
                               {0x3164, 0x3164},   {0xe000, 0xf8ff},   {0xfdd0, 0xfdef},   {0xfe00, 0xfe0f},
                               {0xfeff, 0xfeff},   {0xffa0, 0xffa0},   {0xfff0, 0xfffb},   {0xfffe, 0xffff},
                               {0x110bd, 0x110bd}, {0x110cd, 0x110cd}, {0x13430, 0x1345f}, {0x1bca0, 0x1bca3},
                               {0x1d173, 0x1d17a}, {0xe0000, 0xe0fff}, {0xf0000, 0x10ffff}};

bool may_be_shown(std::uint32_t character) {
  return std::none_of(std::begin(not_shown), std::end(not_shown),
                      [&](const Range& range) { return character >= range.first && character <= range.last; });
}

// The text with escapes in the place of what `stays` does not let stand: it is asked of each character, with the text
// from there on and whether it may be shown at all.
template <typename Stays>
std::string escaped_text(std::string_view text, const Stays& stays) {
  std::string shown;
  shown.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    const std::string_view character = text.substr(0, std::max<std::size_t>(length, 1));
    if (stays(text, length != 0 && may_be_shown(code_point(character))))
      shown += character;
    else
      for (const char c : character) shown += escaped(c);
    text.remove_prefix(character.size());
  }
  return shown;
}

bool is_hexadecimal(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

bool looks_like_an_escape(std::string_view text) {
  return text.size() >= 4 && text[0] == '\\' && text[1] == 'x' && is_hexadecimal(text[2]) && is_hexadecimal(text[3]);
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

std::string legible(std::string_view text) {
  return escaped_text(text, [](std::string_view rest, bool may) { return may && !looks_like_an_escape(rest); });
}

std::string printable(std::string_view text) {
  return escaped_text(text, [](std::string_view rest, bool may) { return may || rest[0] == '\n' || rest[0] == '\t'; });
}

}  // namespace czb
