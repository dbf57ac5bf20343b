// SPDX-License-Identifier: MIT
#include "receiver/stream/lzjb.h"

#include <algorithm>
#include <cstdint>

namespace czb::receiver {
namespace {

constexpr unsigned places = 8;  // that a byte of the map tells of: a byte as it is, or two that tell of a match
constexpr std::size_t shortest_match = 3;
constexpr std::size_t farthest = 1023;

}  // namespace

std::optional<std::string> decompress_lzjb(std::string_view compressed, std::size_t size) {
  std::string out;
  const auto next = [&]() -> std::optional<std::size_t> {
    if (compressed.empty()) return std::nullopt;
    const auto byte = static_cast<std::uint8_t>(compressed.front());
    compressed.remove_prefix(1);
    return byte;
  };
  while (out.size() < size) {
    const std::optional<std::size_t> map = next();
    if (!map) return std::nullopt;
    for (unsigned place = 0; place < places && out.size() < size; ++place) {
      const std::optional<std::size_t> first = next();
      if (!first) return std::nullopt;
      if ((*map >> place & 1U) == 0) {
        out += static_cast<char>(*first);
        continue;
      }
      const std::optional<std::size_t> second = next();
      if (!second) return std::nullopt;
      const std::size_t distance = (*first << 8U | *second) & farthest;
      if (distance == 0 || distance > out.size()) return std::nullopt;
      const std::size_t match = std::min((*first >> 2U) + shortest_match, size - out.size());
      for (std::size_t i = 0; i < match; ++i) out += out[out.size() - distance];
    }
  }
  return out;
}

}  // namespace czb::receiver
