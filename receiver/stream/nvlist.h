// SPDX-License-Identifier: MIT
// A name-value list as zfs send writes it: XDR (RFC 4506) in the layout of OpenZFS, module/nvpair/nvpair.c.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace czb::receiver {

enum class NvType { boolean, number, text, list };

// Its texts lie in the buffer that was parsed, or with who made the pair.
struct NvPair {
  std::string_view name;
  NvType type = NvType::boolean;
  std::uint64_t number = 0;
  std::string_view text;
  std::vector<NvPair> list;
  bool operator==(const NvPair&) const = default;
};

using NvList = std::vector<NvPair>;

// Throws Refused unless all of `bytes` is one list of the four types that a stream's header is made of. Stricter than
// libnvpair where it must not read something else than this does: no name twice in a list, no NUL in a text, one
// element where there is to be one, nothing behind the end. `bytes` must outlive the list.
NvList parse_nvlist(std::string_view bytes);

// The bytes that libnvpair of this host packs the list to: of what zfs send has written here, the same ones again.
std::string encode_nvlist(const NvList& list);

// Pairs for encode_nvlist; what they are made of must outlive them.
NvPair nv_boolean(std::string_view name);
NvPair nv_number(std::string_view name, std::uint64_t value);
NvPair nv_text(std::string_view name, std::string_view value);
NvPair nv_list(std::string_view name, NvList value);

}  // namespace czb::receiver
