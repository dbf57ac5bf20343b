// SPDX-License-Identifier: MIT
#include "receiver/stream/micro_zap.h"

#include <set>

#include "receiver/stream/number_at.h"

namespace czb::receiver {
namespace {

constexpr std::uint64_t block_type_micro = (std::uint64_t{1} << 63U) + 3;  // ZBT_MICRO
constexpr std::size_t chunk = 64;                                          // the header, and each entry

namespace at {
constexpr std::size_t block_type = 0;
constexpr std::size_t salt = 8;
constexpr std::size_t normalization = 16;
constexpr std::size_t entry_value = 0;
constexpr std::size_t entry_differentiator = 8;
constexpr std::size_t entry_name = 14;
}  // namespace at

// By which the kernel tells the names apart (zap_micro.c, zap_hash): the first 28 bits of a CRC that begins with the
// salt.
std::uint64_t hash_of(std::string_view name, std::uint64_t salt) {
  constexpr std::uint64_t polynomial = 0xC96C5795D7870F42;  // ZFS_CRC64_POLY
  constexpr unsigned bits_kept = 28;
  std::uint64_t hash = salt;
  for (const char each : name) {
    hash ^= static_cast<std::uint8_t>(each);
    for (unsigned bit = 0; bit < 8; ++bit) hash = hash >> 1U ^ ((hash & 1U) != 0 ? polynomial : 0);
  }
  return hash >> (64 - bits_kept);
}

}  // namespace

std::optional<std::vector<MicroZapEntry>> parse_micro_zap(std::string_view block, bool swapped) {
  if (block.size() < 2 * chunk || block.size() % chunk != 0) return std::nullopt;
  if (number_at<std::uint64_t>(block, at::block_type, swapped) != block_type_micro) return std::nullopt;
  if (number_at<std::uint64_t>(block, at::normalization, swapped) != 0) return std::nullopt;
  const auto salt = number_at<std::uint64_t>(block, at::salt, swapped);
  std::vector<MicroZapEntry> entries;
  std::set<std::uint64_t> hashes;
  for (std::size_t offset = chunk; offset < block.size(); offset += chunk) {
    const std::string_view entry = block.substr(offset, chunk);
    const std::string_view name = entry.substr(at::entry_name);
    if (name[0] == '\0') continue;  // free
    const std::size_t end = name.find('\0');
    if (end == std::string_view::npos || number_at<std::uint32_t>(entry, at::entry_differentiator, swapped) != 0)
      return std::nullopt;
    if (!hashes.insert(hash_of(name.substr(0, end), salt)).second) return std::nullopt;
    entries.push_back({std::string(name.substr(0, end)), number_at<std::uint64_t>(entry, at::entry_value, swapped)});
  }
  return entries;
}

}  // namespace czb::receiver
