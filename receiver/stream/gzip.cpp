// SPDX-License-Identifier: MIT
#include "receiver/stream/gzip.h"

#include <zlib.h>

namespace czb::receiver {

std::optional<std::string> decompress_gzip(std::string_view compressed, std::size_t size) {
  // Less than that never holds so much: no memory is taken on a sender's word.
  constexpr std::size_t most_from_a_byte = 1032;
  if (size / most_from_a_byte > compressed.size()) return std::nullopt;
  std::string out(size, '\0');
  uLongf got = out.size();
  uLong read = compressed.size();
  const int answer =
      uncompress2(reinterpret_cast<Bytef*>(out.data()), &got, reinterpret_cast<const Bytef*>(compressed.data()), &read);
  return answer == Z_OK && got == size ? std::optional(std::move(out)) : std::nullopt;
}

}  // namespace czb::receiver
