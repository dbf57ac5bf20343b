// SPDX-License-Identifier: MIT
// A plugin's option table. The host reads the values from the YAML file or the command line, checks
// the type, fills in defaults, refuses unknown names with line and column, and hands over the values.
#pragma once

#include <cstdint>
#include <string_view>

namespace czb {

enum class OptionType : std::uint32_t {
  string = 1,
  integer = 2,      // 64 bit, signed
  boolean = 3,      // true or false
  duration = 4,     // seconds: 30, 30s, 5m, 2h, 1d
  size = 5,         // bytes: 512, 64K, 10M, 1G (powers of 1024)
  string_list = 6,  // a YAML list of strings
  count = 7,        // a number of 0 or more, or `all`
  enumeration = 8,  // one of the words in `choices`
};

// A `count` of `all`.
inline constexpr std::int64_t count_all = -1;

struct OptionSpec {
  const char* name;  // as written in YAML: [a-z0-9-]+
  OptionType type;
  bool required;              // if set, default_value is not used
  bool secret;                // if set, the value is never printed nor logged
  const char* default_value;  // as written in YAML; null: not set unless given
  const char* help;           // one line
  const char* choices;        // enumeration: words separated by '|'; else null
};

// Belongs to the host, valid during the call it is given to.
struct OptionValue {
  const char* name;
  bool is_set;                   // given, or has a default
  std::int64_t integer;          // integer, boolean (0 or 1), duration (s), size (bytes), count
  std::string_view text;         // string, enumeration
  const std::string_view* list;  // string_list
  std::uint64_t list_size;
};

}  // namespace czb
