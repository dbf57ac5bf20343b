// SPDX-License-Identifier: MIT
#include "receiver/stream/zle.h"

#include <cstdint>

namespace czb::receiver {

std::optional<std::string> decompress_zle(std::string_view compressed, std::size_t size) {
  constexpr std::size_t most_bytes = 64;  // as they are; a larger length has so many more zeros
  std::string out;
  while (out.size() < size) {
    if (compressed.empty()) return std::nullopt;
    const std::size_t length = static_cast<std::uint8_t>(compressed.front()) + std::size_t{1};
    compressed.remove_prefix(1);
    const std::size_t room = size - out.size();
    if (length > most_bytes) {
      if (length - most_bytes > room) return std::nullopt;
      out.append(length - most_bytes, '\0');
      continue;
    }
    if (length > compressed.size() || length > room) return std::nullopt;
    out += compressed.substr(0, length);
    compressed.remove_prefix(length);
  }
  return out;
}

}  // namespace czb::receiver
