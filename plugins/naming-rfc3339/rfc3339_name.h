// SPDX-License-Identifier: MIT
// Snapshot names that are a time: PREFIX YYYY-MM-DDTHH:MM:SSZ SUFFIX, written together. The time is RFC 3339 (section
// 5.6) in its strictest form: UTC, upper case T and Z, whole seconds, no offset, no leap second. A name is ours only
// if it is byte for byte the one that would be written, so parse(format(t)) == t, and parse gives format's input or
// nothing. Pure: reads no clock, time zone or locale.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace czb::rfc3339 {

inline constexpr std::int64_t first_time = 0;            // 1970-01-01T00:00:00Z
inline constexpr std::int64_t last_time = 253402300799;  // 9999-12-31T23:59:59Z

// The time alone. Throws std::out_of_range outside of [first_time, last_time].
std::string format_time(std::int64_t time);

// Seconds since 1970-01-01T00:00:00Z, or nothing unless format_time would write exactly `text`.
std::optional<std::int64_t> parse_time(std::string_view text) noexcept;

// What surrounds the time: letters, digits, '-', '_', '.', ':' and ' ', the characters that ZFS allows in the name of
// a snapshot (zfs-create(8), "ZFS component naming requirements").
class NameFormat {
 public:
  // The longest name; the host takes no longer one.
  static constexpr std::size_t maximum_size = 200;

  NameFormat() = default;
  // Throws std::invalid_argument, with a sentence that names the option, for another character or for too long texts.
  NameFormat(std::string_view prefix, std::string_view suffix);

  std::string format(std::int64_t time) const;
  std::optional<std::int64_t> parse(std::string_view name) const noexcept;

 private:
  std::string prefix_;
  std::string suffix_;
};

}  // namespace czb::rfc3339
