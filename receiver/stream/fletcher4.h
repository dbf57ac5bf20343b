// SPDX-License-Identifier: MIT
// The running checksum of a replication stream (module/zcommon/zfs_fletcher.c): four sums over words of 32 bits in this
// host's byte order.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace czb::receiver {

using Fletcher4 = std::array<std::uint64_t, 4>;

// Goes on from `sum`; all zeroes at the beginning. `bytes`: a multiple of four of them, else std::invalid_argument.
Fletcher4 fletcher4(std::string_view bytes, Fletcher4 sum = {});

}  // namespace czb::receiver
