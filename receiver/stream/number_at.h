// SPDX-License-Identifier: MIT
// Numbers in bytes as a kernel has them in memory.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <iterator>
#include <string_view>

namespace czb::receiver {

// At `offset`, which lies within `bytes`. `swapped`: not in this host's byte order.
template <typename Number>
Number number_at(std::string_view bytes, std::size_t offset, bool swapped = false) {
  char copy[sizeof(Number)];
  std::memcpy(copy, bytes.data() + offset, sizeof copy);
  if (swapped) std::reverse(std::begin(copy), std::end(copy));
  Number value = 0;
  std::memcpy(&value, copy, sizeof value);
  return value;
}

}  // namespace czb::receiver
