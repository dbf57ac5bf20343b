// SPDX-License-Identifier: MIT
// The list that may come behind the beginning of a dataset's stream, in the packed form of a kernel's own memory
// (nvpair.c, NV_ENCODE_NATIVE). Views into what was parsed.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace czb::receiver {

struct NativePair;
using NativeList = std::vector<NativePair>;

struct NativePair {
  std::string_view name;
  std::int32_t type = 0;  // DATA_TYPE_*
  std::int32_t elements = 0;
  std::string_view value;
  NativeList list;  // of a native_list
};

inline constexpr std::int32_t native_list = 19;

// Throws Refused for what the kernel does not write: names are unique, lists are not nested deeply.
NativeList parse_native_nvlist(std::string_view payload);

const NativePair* find_native(const NativeList& pairs, std::string_view name);

// Of a pair that is one number of 64 bits; else throws Refused.
std::uint64_t native_number(const NativePair& pair);

}  // namespace czb::receiver
