// SPDX-License-Identifier: MIT
#include "receiver/stream/native_nvlist.h"

#include <algorithm>
#include <cstddef>
#include <cstring>

#include "receiver/answer.h"

namespace czb::receiver {
namespace {

[[noreturn]] void invalid() { throw Refused("invalid stream (malformed data behind a dataset's beginning)"); }

constexpr std::int32_t type_nvlist_array = 20;  // DATA_TYPE_NVLIST_ARRAY
constexpr std::size_t pair_header = 16;

std::size_t aligned(std::size_t size) { return (size + 7) & ~std::size_t{7}; }

class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  // A pair: its size, its name's size (two bytes, two reserved), elements, type, name, value, the latter at multiples
  // of eight. A size of zero ends the list; the pairs of an embedded list follow the pair that it is.
  NativeList list(int depth) {
    constexpr int deepest = 3;
    if (depth > deepest) invalid();
    NativeList pairs;
    for (;;) {
      const auto size = number<std::int32_t>(take(4), 0);
      if (size == 0) break;
      if (size < static_cast<std::int32_t>(pair_header) || (size & 7) != 0) invalid();
      pairs.push_back(pair(take(static_cast<std::size_t>(size) - 4)));
      if (pairs.back().type != native_list) continue;
      // version 0, unique names
      if (pairs.back().value.size() < 8 || number<std::uint64_t>(pairs.back().value, 0) != one_unique_list()) invalid();
      pairs.back().list = list(depth + 1);
    }
    refuse_doubles(pairs);
    return pairs;
  }

  std::string_view take(std::size_t count) {
    if (count > rest_.size()) invalid();
    const std::string_view taken = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return taken;
  }

  bool at_end() const { return rest_.empty(); }

  template <typename Number>
  static Number number(std::string_view bytes, std::size_t offset) {
    Number value = 0;
    if (offset + sizeof value > bytes.size()) invalid();
    std::memcpy(&value, bytes.data() + offset, sizeof value);
    return value;
  }

  // A list's version (0) and flags (1: names are unique), four bytes each.
  static std::uint64_t one_unique_list() {
    const std::uint32_t words[2] = {0, 1};
    std::uint64_t value = 0;
    std::memcpy(&value, words, sizeof value);
    return value;
  }

 private:
  // `bytes`: without the size before it.
  static NativePair pair(std::string_view bytes) {
    NativePair result;
    const auto name_size = number<std::int16_t>(bytes, 0);
    result.elements = number<std::int32_t>(bytes, 4);
    result.type = number<std::int32_t>(bytes, 8);
    const std::string_view rest = bytes.substr(pair_header - 4);
    if (name_size < 2 || static_cast<std::size_t>(name_size) > rest.size()) invalid();
    result.name = rest.substr(0, static_cast<std::size_t>(name_size) - 1);
    if (rest[result.name.size()] != '\0' || result.name.find('\0') != std::string_view::npos) invalid();
    if (result.type == type_nvlist_array) invalid();
    const std::size_t value = aligned(pair_header + static_cast<std::size_t>(name_size)) - 4;
    result.value = bytes.substr(std::min(value, bytes.size()));
    return result;
  }

  static void refuse_doubles(const NativeList& pairs) {
    for (std::size_t i = 0; i < pairs.size(); ++i)
      for (std::size_t k = 0; k < i; ++k)
        if (pairs[i].name == pairs[k].name) invalid();
  }

  std::string_view rest_;
};

}  // namespace

NativeList parse_native_nvlist(std::string_view payload) {
  // Encoding (0: native), byte order (the kernel refuses another than its own), twice reserved; version, flags.
  Reader reader(payload);
  const std::string_view header = reader.take(4);
  const std::uint16_t one = 1;
  char low_first = 0;
  std::memcpy(&low_first, &one, 1);
  if (header[0] != 0 || header[1] != low_first) invalid();
  if (Reader::number<std::uint64_t>(reader.take(8), 0) != Reader::one_unique_list()) invalid();
  NativeList pairs = reader.list(1);
  if (!reader.at_end()) invalid();
  return pairs;
}

const NativePair* find_native(const NativeList& pairs, std::string_view name) {
  const auto found =
      std::find_if(pairs.begin(), pairs.end(), [&](const NativePair& pair) { return pair.name == name; });
  return found == pairs.end() ? nullptr : &*found;
}

std::uint64_t native_number(const NativePair& pair) {
  constexpr std::int32_t type_number = 8;  // DATA_TYPE_UINT64
  if (pair.type != type_number || pair.elements != 1) invalid();
  return Reader::number<std::uint64_t>(pair.value, 0);
}

}  // namespace czb::receiver
