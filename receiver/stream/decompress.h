// SPDX-License-Identifier: MIT
// What is compressed (ZIO_COMPRESS_*), where that can be read here: LZJB, GZIP, ZLE, LZ4. What is taken here the
// kernels read as well, and as the same; they may read more.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace czb::receiver {

bool can_decompress(std::uint8_t compression);
const char* compression_name(std::uint8_t compression);

// Of one that can: the `size` bytes, or nothing.
std::optional<std::string> decompress(std::uint8_t compression, std::string_view compressed, std::size_t size);

}  // namespace czb::receiver
