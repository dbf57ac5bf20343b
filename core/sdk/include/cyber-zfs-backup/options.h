// SPDX-License-Identifier: MIT
// A plugin's option table, and the values that come of it.
//
// The host reads what the user wrote, in the YAML file or on a command line, checks it against the table, fills in
// defaults, and hands over one value for each entry. It refuses unknown names, values of another type and missing
// required ones with the file's line and column, before the plugin's create function runs. A plugin checks what a type
// cannot say (ranges, files that must be there, options that exclude each other), in create.
#pragma once

#include <cstdint>
#include <string_view>

namespace czb {

// What the user may write, and where the value is then found. There is no other syntax: no fractions, no
// hexadecimal numbers, no `yes`.
//
//   type          in YAML                            in OptionValue
//   string        hello, or "" for an empty one      text
//   integer       -7                                 integer: 64 bits, signed
//   boolean       true, false                        integer: 1, 0
//   duration      30, 30s, 5m, 2h, 1d                integer: seconds, 0 or more
//   size          512, 64K, 10M, 1G                  integer: bytes, 0 or more; the units are powers of 1024
//   string_list   [a, b], []                         list, list_size
//   count         12, all                            integer: 0 or more; `all` is count_all
//   enumeration   one of the words in `choices`      text
enum class OptionType : std::uint32_t {
  string = 1,
  integer = 2,
  boolean = 3,
  duration = 4,
  size = 5,
  string_list = 6,
  count = 7,
  enumeration = 8,
};

// A `count` of `all`.
inline constexpr std::int64_t count_all = -1;

// One entry of the table. Its texts belong to the plugin and live as long as the process. help, default_value and
// choices are one line of UTF-8 each, of 1000 bytes at most; a table has 1000 entries at most. The host refuses a
// plugin whose table breaks this, or has a default that is not of its type, and says which entry it is.
struct OptionSpec {
  const char* name;  // as written in YAML: 1 to 64 of [a-z0-9-]; once in a table; not "plugin"
  OptionType type;
  bool required;              // the user must give it; default_value is not used
  bool secret;                // the value is never printed nor logged by the host: no plugin should either
  const char* default_value;  // as written in YAML; null: not set unless given
  const char* help;           // what it is for, without a full stop; shown by `cyber-zfs-backup plugins`
  const char* choices;        // enumeration: words separated by '|', none of them empty; else null
};

// The value of one entry. It and all it points to belong to the host, and are valid during the create call alone.
struct OptionValue {
  const char* name;              // the entry's
  bool is_set;                   // given, or has a default; else all that follows is 0 and empty
  std::int64_t integer;          // integer, boolean, duration, size, count
  std::string_view text;         // string, enumeration; nothing follows it, no NUL either
  const std::string_view* list;  // string_list; null where list_size is 0
  std::uint64_t list_size;
};

}  // namespace czb
