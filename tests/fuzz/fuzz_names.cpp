// SPDX-License-Identifier: MIT
// libFuzzer: parsing any bytes never fails otherwise than by saying "foreign", and a name that parses is, byte for
// byte, the one that would be written. Needs no corpus: half of the inputs are edits of a good name.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "naming-rfc3339/rfc3339_name.h"

namespace {

using czb::rfc3339::NameFormat;

void require(bool holds) {
  if (!holds) std::abort();
}

void check(const NameFormat& names, std::string_view name) {
  const std::optional<std::int64_t> time = names.parse(name);
  if (!time) return;
  require(*time >= czb::rfc3339::first_time && *time <= czb::rfc3339::last_time);
  require(names.format(*time) == name);
}

// The first five bytes choose a time; each pair that follows, a place in its name and a byte to put there.
std::string edited(const NameFormat& names, std::string_view input) {
  std::uint64_t chosen = 0;
  for (const char byte : input.substr(0, 5)) chosen = chosen * 256 + static_cast<unsigned char>(byte);
  const auto time = static_cast<std::int64_t>(chosen % (std::uint64_t{czb::rfc3339::last_time} + 1));
  std::string name = names.format(time);
  require(names.parse(name) == time);
  for (std::size_t index = 5; index + 1 < input.size(); index += 2) {
    name[static_cast<unsigned char>(input[index]) % name.size()] = input[index + 1];
  }
  return name;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string input(data, data + size);
  const std::string_view text = input;
  static const NameFormat plain;
  static const NameFormat surrounded("czb-", " .x");

  for (const NameFormat& names : {plain, surrounded}) {
    check(names, text);
    check(names, edited(names, text));
  }
  try {
    const NameFormat names(text.substr(0, size / 4), text.substr(size - size / 4));
    check(names, text);
    check(names, edited(names, text));
  } catch (const std::invalid_argument&) {
    // A prefix or suffix that ZFS would not take.
  }
  return 0;
}
