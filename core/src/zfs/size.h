// SPDX-License-Identifier: MIT
// Amounts of space as zfs writes them: a number, or one with K, M, G, T or P behind it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace czb {

// Bytes of "512", "100G" and the like; nothing for anything else, 0 and what is more than zfs can count.
std::optional<std::uint64_t> size_in(std::string_view word);

// The same the other way round, for people: "2T", "10.2M", rounded down to a tenth.
std::string size_text(std::uint64_t bytes);

// The same for a command to type: a word that size_in takes for so many bytes, "2T", or the number.
std::string exact_size(std::uint64_t bytes);

}  // namespace czb
