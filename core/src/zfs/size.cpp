// SPDX-License-Identifier: MIT
#include "zfs/size.h"

#include <charconv>
#include <limits>

namespace czb {
namespace {

constexpr std::string_view units = "KMGTP";

std::uint64_t factor_of(std::size_t unit) { return std::uint64_t{1} << (10 * (unit + 1)); }

}  // namespace

std::optional<std::uint64_t> size_in(std::string_view word) {
  std::uint64_t factor = 1;
  if (const std::size_t unit = word.empty() ? std::string_view::npos : units.find(word.back());
      unit != std::string_view::npos) {
    factor = factor_of(unit);
    word.remove_suffix(1);
  }
  std::uint64_t number = 0;
  const char* const end = word.data() + word.size();
  const auto [stopped, error] = std::from_chars(word.data(), end, number);
  if (error != std::errc() || stopped != end || number == 0) return std::nullopt;
  if (number > std::numeric_limits<std::int64_t>::max() / factor) return std::nullopt;
  return number * factor;
}

std::string size_text(std::uint64_t bytes) {
  std::size_t unit = units.size();
  while (unit > 0 && bytes < factor_of(unit - 1)) --unit;
  if (unit == 0) return std::to_string(bytes) + " bytes";
  const std::uint64_t factor = factor_of(unit - 1);
  const std::uint64_t tenth = bytes % factor * 10 / factor;
  return std::to_string(bytes / factor) + (tenth == 0 ? "" : "." + std::to_string(tenth)) + units[unit - 1];
}

std::string exact_size(std::uint64_t bytes) {
  std::string text = size_text(bytes);
  return size_in(text) == bytes ? text : std::to_string(bytes);
}

}  // namespace czb
