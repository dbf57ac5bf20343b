// SPDX-License-Identifier: MIT
// The other half of nvlist.cpp: nvs_encode in module/nvpair/nvpair.c.
#include <cstddef>
#include <cstring>
#include <utility>

#include "receiver/stream/nvlist.h"

namespace czb::receiver {
namespace {

// DATA_TYPE_*, and the bytes that a value has in memory on a host of 64 bits.
constexpr std::uint32_t type_boolean = 1;
constexpr std::uint32_t type_uint64 = 8;
constexpr std::uint32_t type_string = 9;
constexpr std::uint32_t type_nvlist = 19;
constexpr std::size_t number_in_memory = 8;
constexpr std::size_t list_in_memory = 24;
constexpr std::size_t pair_in_memory = 16;  // without name and value

void put_word(std::string& bytes, std::uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> static_cast<unsigned>(shift) & 255U);
}

void put_long_word(std::string& bytes, std::uint64_t value) {
  put_word(bytes, static_cast<std::uint32_t>(value >> 32U));
  put_word(bytes, static_cast<std::uint32_t>(value));
}

void put_text(std::string& bytes, std::string_view text) {
  put_word(bytes, static_cast<std::uint32_t>(text.size()));
  bytes += text;
  bytes.append((4 - text.size() % 4) % 4, '\0');
}

std::size_t aligned(std::size_t size) { return (size + 7) & ~std::size_t{7}; }

void put_list(std::string& bytes, const NvList& list);

// Its size here comes first and is known last.
void put_pair(std::string& bytes, const NvPair& pair) {
  const std::size_t begin = bytes.size();
  put_word(bytes, 0);
  put_word(bytes, 0);
  put_text(bytes, pair.name);
  std::size_t value_in_memory = 0;
  switch (pair.type) {
    case NvType::boolean:
      put_word(bytes, type_boolean);
      put_word(bytes, 0);
      break;
    case NvType::number:
      put_word(bytes, type_uint64);
      put_word(bytes, 1);
      put_long_word(bytes, pair.number);
      value_in_memory = number_in_memory;
      break;
    case NvType::text:
      put_word(bytes, type_string);
      put_word(bytes, 1);
      put_text(bytes, pair.text);
      value_in_memory = pair.text.size() + 1;
      break;
    case NvType::list:
      put_word(bytes, type_nvlist);
      put_word(bytes, 1);
      put_list(bytes, pair.list);
      value_in_memory = list_in_memory;
      break;
  }
  std::string sizes;
  put_word(sizes, static_cast<std::uint32_t>(bytes.size() - begin));
  put_word(sizes,
           static_cast<std::uint32_t>(aligned(pair_in_memory + pair.name.size() + 1) + aligned(value_in_memory)));
  bytes.replace(begin, sizes.size(), sizes);
}

void put_list(std::string& bytes, const NvList& list) {
  put_word(bytes, 0);  // version
  put_word(bytes, 1);  // names are unique
  for (const NvPair& pair : list) put_pair(bytes, pair);
  put_word(bytes, 0);
  put_word(bytes, 0);
}

bool is_little_endian() {
  const std::uint16_t one = 1;
  char low_first = 0;
  std::memcpy(&low_first, &one, 1);
  return low_first == 1;
}

NvPair named(std::string_view name, NvType type) {
  NvPair pair;
  pair.name = name;
  pair.type = type;
  return pair;
}

}  // namespace

std::string encode_nvlist(const NvList& list) {
  std::string bytes = {1, static_cast<char>(is_little_endian() ? 1 : 0), 0, 0};  // XDR, as parse_nvlist has it
  put_list(bytes, list);
  return bytes;
}

NvPair nv_boolean(std::string_view name) { return named(name, NvType::boolean); }

NvPair nv_number(std::string_view name, std::uint64_t value) {
  NvPair pair = named(name, NvType::number);
  pair.number = value;
  return pair;
}

NvPair nv_text(std::string_view name, std::string_view value) {
  NvPair pair = named(name, NvType::text);
  pair.text = value;
  return pair;
}

NvPair nv_list(std::string_view name, NvList value) {
  NvPair pair = named(name, NvType::list);
  pair.list = std::move(value);
  return pair;
}

}  // namespace czb::receiver
