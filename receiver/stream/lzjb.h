// SPDX-License-Identifier: MIT
// Blocks that ZFS has compressed with LZJB (ZIO_COMPRESS_LZJB; module/zfs/lzjb.c), as it did with all of its own before
// there was LZ4: old file systems still have them.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace czb::receiver {

// The `size` bytes that it holds; nothing where it is malformed, or holds fewer. What follows is not looked at, as the
// kernel does not.
std::optional<std::string> decompress_lzjb(std::string_view compressed, std::size_t size);

}  // namespace czb::receiver
