// SPDX-License-Identifier: MIT
#include "zfs/resume_token.h"

#include <zlib.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <map>
#include <string_view>
#include <vector>

#include "text/visible.h"
#include "zfs/names.h"

namespace czb {
namespace {

constexpr std::size_t most_bytes = 4096;  // unpacked: a name has 255, and there are some ten numbers and flags

// DATA_TYPE_*
constexpr std::uint32_t type_boolean = 1;
constexpr std::uint32_t type_uint64 = 8;
constexpr std::uint32_t type_string = 9;

template <typename Number>
std::optional<Number> hex_number(std::string_view word) {
  Number number = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number, 16);
  if (error != std::errc() || end != word.data() + word.size()) return std::nullopt;
  return number;
}

std::optional<std::string> bytes_of(std::string_view hex) {
  if (hex.size() % 2 != 0 || hex.find_first_not_of("0123456789abcdef") != std::string_view::npos) return std::nullopt;
  std::string bytes;
  for (std::size_t i = 0; i < hex.size(); i += 2) bytes += static_cast<char>(*hex_number<unsigned>(hex.substr(i, 2)));
  return bytes;
}

// The nvlist that is packed in the token.
std::optional<std::string> unpacked(std::string_view token) {
  std::vector<std::string_view> parts(1, token);
  for (std::size_t dash = 0; (dash = parts.back().find('-')) != std::string_view::npos;) {
    const std::string_view rest = parts.back().substr(dash + 1);
    parts.back() = parts.back().substr(0, dash);
    parts.push_back(rest);
  }
  if (parts.size() != 4 || parts[0] != "1") return std::nullopt;
  const std::optional<std::uint64_t> size = hex_number<std::uint64_t>(parts[2]);
  const std::optional<std::string> packed = bytes_of(parts[3]);
  if (!size || *size > most_bytes || !packed) return std::nullopt;
  std::string bytes(*size, '\0');
  uLongf got = bytes.size();
  uLong read = packed->size();
  const int answer =
      uncompress2(reinterpret_cast<Bytef*>(bytes.data()), &got, reinterpret_cast<const Bytef*>(packed->data()), &read);
  if (answer != Z_OK || got != bytes.size() || read != packed->size()) return std::nullopt;
  return bytes;
}

struct Value {
  std::uint32_t type = 0;
  std::uint64_t number = 0;
  std::string_view text;
};

using Values = std::map<std::string_view, Value>;

template <typename Number>
Number number_at(std::string_view bytes, std::size_t offset) {
  Number number = 0;
  std::memcpy(&number, bytes.data() + offset, sizeof number);
  return number;
}

constexpr std::size_t aligned(std::size_t size) { return (size + 7) & ~std::size_t{7}; }

// A text that ends with its first NUL, which is the last byte.
std::optional<std::string_view> text_in(std::string_view bytes) {
  const std::size_t end = bytes.find('\0');
  if (end == std::string_view::npos || end + 1 != bytes.size()) return std::nullopt;
  return bytes.substr(0, end);
}

// A pair (nvpair_t): its size, the name's size (16 bits) and as many of nothing, number of elements, type; then the
// name and the value, each filled up to a multiple of eight.
bool take_pair(std::string_view pair, Values& values) {
  constexpr std::size_t head = 16;
  if (pair.size() < head) return false;
  const auto name_size = number_at<std::uint16_t>(pair, 4);
  const auto elements = number_at<std::uint32_t>(pair, 8);
  Value value;
  value.type = number_at<std::uint32_t>(pair, 12);
  const std::size_t begin = aligned(head + name_size);
  if (number_at<std::uint16_t>(pair, 6) != 0 || begin > pair.size()) return false;
  const std::optional<std::string_view> name = text_in(pair.substr(head, name_size));
  if (!name || elements != (value.type == type_boolean ? 0 : 1)) return false;

  const std::string_view bytes = pair.substr(begin);
  std::size_t size = 0;
  if (value.type == type_uint64) {
    size = sizeof value.number;
    if (bytes.size() == size) value.number = number_at<std::uint64_t>(bytes, 0);
  } else if (value.type == type_string) {
    size = std::min(bytes.find('\0'), bytes.size() - 1) + 1;
    const std::optional<std::string_view> text = text_in(bytes.substr(0, size));
    if (!text) return false;
    value.text = *text;
  } else if (value.type != type_boolean) {
    return false;
  }
  return bytes.size() == aligned(size) && values.emplace(*name, value).second;
}

// The list: its encoding (0: native), byte order (1: the lowest first), two bytes of nothing, its version and flags;
// pairs; four zeroes.
std::optional<Values> values_of(std::string_view bytes) {
  constexpr std::size_t head = 12;
  const std::uint16_t one = 1;
  unsigned char lowest_first = 0;
  std::memcpy(&lowest_first, &one, 1);
  if (bytes.size() < head || bytes[0] != 0 || static_cast<unsigned char>(bytes[1]) != lowest_first ||
      number_at<std::uint16_t>(bytes, 2) != 0 || number_at<std::uint32_t>(bytes, 4) != 0 ||
      number_at<std::uint32_t>(bytes, 8) != 1)
    return std::nullopt;
  bytes.remove_prefix(head);
  Values values;
  for (;;) {
    if (bytes.size() < sizeof(std::uint32_t)) return std::nullopt;
    const auto size = number_at<std::uint32_t>(bytes, 0);
    if (size == 0) break;
    if (size > bytes.size() || !take_pair(bytes.substr(0, size), values)) return std::nullopt;
    bytes.remove_prefix(size);
  }
  if (bytes.size() != sizeof(std::uint32_t)) return std::nullopt;
  return values;
}

}  // namespace

std::optional<TokenContents> read_resume_token(const std::string& token) {
  const std::optional<std::string> bytes = unpacked(token);
  const std::optional<Values> values = bytes ? values_of(*bytes) : std::nullopt;
  if (!values) return std::nullopt;
  static const std::map<std::string_view, std::uint32_t> known = {
      {"fromguid", type_uint64},    {"object", type_uint64}, {"offset", type_uint64},        {"bytes", type_uint64},
      {"toguid", type_uint64},      {"toname", type_string}, {"largeblockok", type_boolean}, {"embedok", type_boolean},
      {"compressok", type_boolean}, {"rawok", type_boolean}};
  for (const auto& [name, value] : *values) {
    const auto expected = known.find(name);
    if (expected == known.end() || expected->second != value.type) return std::nullopt;
  }
  for (const char* needed : {"object", "offset", "bytes", "toguid", "toname"})
    if (values->count(needed) == 0) return std::nullopt;
  const std::string_view name = values->at("toname").text;
  const std::size_t at = name.find('@');
  if (at == std::string_view::npos) return std::nullopt;
  TokenContents contents;
  contents.dataset = name.substr(0, at);
  contents.snapshot = name.substr(at + 1);
  if (dataset_name_error(contents.dataset) || snapshot_name_error(contents.snapshot)) return std::nullopt;
  contents.to_guid = values->at("toguid").number;
  if (const auto from = values->find("fromguid"); from != values->end()) contents.from_guid = from->second.number;
  contents.offset = values->at("offset").number;
  contents.raw = values->count("rawok") != 0;
  return contents;
}

std::optional<PartialReceive> partial_receive(const std::string& token, const Completed& read) {
  const std::optional<TokenContents> contents = read_resume_token(token);
  if (!contents) return std::nullopt;
  PartialReceive partial;
  partial.to = visible(contents->full_name());
  partial.to_guid = contents->to_guid;
  partial.from_guid = contents->from_guid;
  partial.raw = contents->raw;
  if (!read.ok()) {
    const std::string& said = read.err.raw();
    const std::size_t reason = said.find("cannot resume send");
    partial.problem = reason == std::string::npos ? to_string(read.status) : FarText(said.substr(reason)).shown(500);
  }
  return partial;
}

}  // namespace czb
