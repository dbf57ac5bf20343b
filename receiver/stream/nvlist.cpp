// SPDX-License-Identifier: MIT
#include "receiver/stream/nvlist.h"

#include <algorithm>
#include <cstddef>

#include "receiver/answer.h"

namespace czb::receiver {
namespace {

constexpr int deepest_nesting = 8;  // streams have five levels
constexpr std::uint32_t version = 0;
constexpr std::uint32_t unique_names = 1;

// DATA_TYPE_*
constexpr std::uint32_t type_boolean = 1;
constexpr std::uint32_t type_uint64 = 8;
constexpr std::uint32_t type_string = 9;
constexpr std::uint32_t type_nvlist = 19;

[[noreturn]] void invalid() { throw Refused("invalid stream (malformed nvlist)"); }

class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  std::string_view bytes(std::size_t count) {
    if (count > rest_.size()) invalid();
    const std::string_view taken = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return taken;
  }

  std::uint32_t word() {
    std::uint32_t value = 0;
    for (const char byte : bytes(4)) value = value << 8U | static_cast<unsigned char>(byte);
    return value;
  }

  std::uint64_t long_word() {
    const std::uint64_t high = word();
    return high << 32U | word();
  }

  // Its length, its bytes, zeroes up to a multiple of four.
  std::string_view text() {
    const std::size_t length = word();
    const std::string_view taken = bytes(length);
    const std::string_view padding = bytes((4 - length % 4) % 4);
    if (taken.find('\0') != std::string_view::npos || padding.find_first_not_of('\0') != std::string_view::npos)
      invalid();
    return taken;
  }

  std::size_t left() const { return rest_.size(); }

 private:
  std::string_view rest_;
};

NvList read_list(Reader& reader, int depth);

NvPair read_value(Reader& reader, std::string_view name, int depth) {
  NvPair pair;
  pair.name = name;
  const std::uint32_t type = reader.word();
  const std::uint32_t elements = reader.word();
  if (elements != (type == type_boolean ? 0 : 1)) invalid();
  switch (type) {
    case type_boolean:
      pair.type = NvType::boolean;
      break;
    case type_uint64:
      pair.type = NvType::number;
      pair.number = reader.long_word();
      break;
    case type_string:
      pair.type = NvType::text;
      pair.text = reader.text();
      break;
    case type_nvlist:
      pair.type = NvType::list;
      pair.list = read_list(reader, depth + 1);
      break;
    default:
      invalid();
  }
  return pair;
}

void refuse_doubles(const NvList& list) {
  std::vector<std::string_view> names;
  names.reserve(list.size());
  for (const NvPair& pair : list) names.push_back(pair.name);
  std::sort(names.begin(), names.end());
  if (std::adjacent_find(names.begin(), names.end()) != names.end()) invalid();
}

// A pair: its size here, its size in memory (libnvpair's), name, type, number of elements, value. Two zeroes end it.
NvList read_list(Reader& reader, int depth) {
  if (depth > deepest_nesting || reader.word() != version || reader.word() != unique_names) invalid();
  NvList list;
  for (;;) {
    const std::size_t before = reader.left();
    const std::uint32_t encoded_size = reader.word();
    const std::uint32_t decoded_size = reader.word();
    if (encoded_size == 0 && decoded_size == 0) break;
    if (decoded_size == 0) invalid();
    const std::string_view name = reader.text();
    if (name.empty()) invalid();
    list.push_back(read_value(reader, name, depth));
    if (before - reader.left() != encoded_size) invalid();
  }
  refuse_doubles(list);
  return list;
}

}  // namespace

NvList parse_nvlist(std::string_view bytes) {
  Reader reader(bytes);
  const std::string_view header = reader.bytes(4);  // encoding (1: XDR), byte order of the host, twice reserved
  if (header[0] != 1) invalid();
  NvList list = read_list(reader, 1);
  if (reader.left() != 0) invalid();
  return list;
}

}  // namespace czb::receiver
