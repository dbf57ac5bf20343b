// SPDX-License-Identifier: MIT
#include "receiver/stream/decompress.h"

#include "receiver/stream/gzip.h"
#include "receiver/stream/lz4.h"
#include "receiver/stream/lzjb.h"
#include "receiver/stream/zle.h"

namespace czb::receiver {
namespace {

constexpr std::uint8_t lzjb = 3;
constexpr std::uint8_t first_gzip = 5;
constexpr std::uint8_t last_gzip = 13;
constexpr std::uint8_t zle = 14;
constexpr std::uint8_t lz4 = 15;

bool is_gzip(std::uint8_t compression) { return compression >= first_gzip && compression <= last_gzip; }

}  // namespace

bool can_decompress(std::uint8_t compression) {
  return compression == lzjb || compression == zle || compression == lz4 || is_gzip(compression);
}

const char* compression_name(std::uint8_t compression) {
  return compression == lzjb ? "LZJB" : compression == zle ? "ZLE" : compression == lz4 ? "LZ4" : "GZIP";
}

std::optional<std::string> decompress(std::uint8_t compression, std::string_view compressed, std::size_t size) {
  if (compression == lzjb) return decompress_lzjb(compressed, size);
  if (compression == zle) return decompress_zle(compressed, size);
  if (compression == lz4) return decompress_lz4(compressed, size);
  return is_gzip(compression) ? decompress_gzip(compressed, size) : std::nullopt;
}

}  // namespace czb::receiver
