// SPDX-License-Identifier: MIT
#include "receiver/stream/lz4.h"

#include <cstdint>

namespace czb::receiver {
namespace {

constexpr std::size_t size_field = 4;
constexpr std::size_t shortest_match = 4;
// Of a block with matches (lz4_Block_format.md, end of block conditions).
constexpr std::size_t fewest_last_literals = 5;
constexpr std::size_t last_match_before_end = 12;
constexpr std::size_t more_follows = 15;  // of the four bits that tell a length

struct Malformed {};

// Reads behind no end.
class Input {
 public:
  explicit Input(std::string_view bytes) : rest_(bytes) {}

  bool at_end() const { return rest_.empty(); }
  std::string_view take(std::size_t count) {
    if (count > rest_.size()) throw Malformed();
    const std::string_view taken = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return taken;
  }
  std::size_t byte() { return static_cast<std::uint8_t>(take(1)[0]); }
  // A length whose first four bits have been read.
  std::size_t length(std::size_t bits) {
    std::size_t total = bits;
    for (std::size_t more = 255; bits == more_follows && more == 255; total += more) more = byte();
    return total;
  }

 private:
  std::string_view rest_;
};

std::string decompress(Input in, std::size_t size) {
  std::string out;
  for (;;) {
    const std::size_t token = in.byte();
    const std::string_view literals = in.take(in.length(token >> 4U));
    if (literals.size() > size - out.size()) throw Malformed();
    out += literals;
    if (in.at_end()) {
      if (out.size() != literals.size() && literals.size() < fewest_last_literals) throw Malformed();
      return out;
    }
    if (size - out.size() < last_match_before_end) throw Malformed();
    std::size_t distance = in.byte();
    distance += in.byte() << 8U;
    if (distance == 0 || distance > out.size()) throw Malformed();
    const std::size_t match = in.length(token & 15U) + shortest_match;
    if (match > size - out.size()) throw Malformed();
    for (std::size_t i = 0; i < match; ++i) out += out[out.size() - distance];
  }
}

}  // namespace

std::optional<std::string> decompress_lz4(std::string_view compressed, std::size_t size) {
  try {
    Input in(compressed);
    std::size_t told = 0;
    for (std::size_t i = 0; i < size_field; ++i) told = told << 8U | in.byte();
    std::string out = decompress(Input(in.take(told)), size);
    if (out.size() != size) return std::nullopt;
    return out;
  } catch (const Malformed&) {
    return std::nullopt;
  }
}

}  // namespace czb::receiver
