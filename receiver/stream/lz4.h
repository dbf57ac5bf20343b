// SPDX-License-Identifier: MIT
// Blocks that ZFS has compressed with LZ4 (ZIO_COMPRESS_LZ4): the size of what follows in four bytes, the highest
// first, and one block of LZ4's block format (lz4_Block_format.md of lz4/lz4).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace czb::receiver {

// The `size` bytes that it holds; nothing where it is malformed, or holds fewer or more. Held to all
// that the format says of its end, as ZFS writes it: the kernels read no other, each by rules of its own. What follows
// the size that it tells is not looked at, as the kernel does not.
std::optional<std::string> decompress_lz4(std::string_view compressed, std::size_t size);

}  // namespace czb::receiver
