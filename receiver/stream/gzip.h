// SPDX-License-Identifier: MIT
// Blocks that ZFS has compressed with GZIP (ZIO_COMPRESS_GZIP_1 to _9; module/zfs/gzip.c): a stream of zlib.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace czb::receiver {

// The `size` bytes that it holds; nothing where it is malformed, or holds fewer or more. What follows is not looked at.
std::optional<std::string> decompress_gzip(std::string_view compressed, std::size_t size);

}  // namespace czb::receiver
