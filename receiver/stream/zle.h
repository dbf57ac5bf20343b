// SPDX-License-Identifier: MIT
// Blocks that ZFS has compressed with ZLE (ZIO_COMPRESS_ZLE; module/zfs/zle.c): bytes as they are, and runs of zeros.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace czb::receiver {

// The `size` bytes that it holds; nothing where it is malformed, or holds fewer. What follows is not looked at, as the
// kernel does not.
std::optional<std::string> decompress_zle(std::string_view compressed, std::size_t size);

}  // namespace czb::receiver
