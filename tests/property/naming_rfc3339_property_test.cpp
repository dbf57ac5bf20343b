// SPDX-License-Identifier: MIT
// What holds for every time and every name: they are told from each other without loss, and nothing else is ours.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <cstddef>
#include <cstdint>
#include <ctime>
#include <optional>
#include <string>

#include "naming-rfc3339/rfc3339_name.h"

namespace {

using czb::rfc3339::first_time;
using czb::rfc3339::format_time;
using czb::rfc3339::last_time;
using czb::rfc3339::NameFormat;
using czb::rfc3339::parse_time;

rc::Gen<std::int64_t> any_time() {
  return rc::gen::oneOf(rc::gen::inRange(first_time, last_time + 1),
                        rc::gen::inRange(first_time, std::int64_t{4102444800}),  // up to 2100
                        rc::gen::map(rc::gen::inRange(std::int64_t{1}, last_time / 86400 + 1),
                                     [](std::int64_t day) { return day * 86400 - 1; }));
}

rc::Gen<std::string> any_affix() {
  return rc::gen::resize(
      20, rc::gen::container<std::string>(rc::gen::elementOf(std::string("ABCXYZabcxyz0123456789-_.: "))));
}

// The same text by the C library's calendar.
std::string by_strftime(std::int64_t time) {
  const std::time_t seconds = time;
  std::tm calendar{};
  gmtime_r(&seconds, &calendar);
  char text[32] = "";
  return std::string(text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &calendar));
}

RC_GTEST_PROP(Rfc3339NameProperty, ParsingGivesTheFormattedTimeBack, ()) {
  const std::int64_t time = *any_time();
  RC_ASSERT(parse_time(format_time(time)) == time);
}

RC_GTEST_PROP(Rfc3339NameProperty, ParsingGivesTheTimeBackUnderAnyPrefixAndSuffix, ()) {
  const NameFormat names(*any_affix(), *any_affix());
  const std::int64_t time = *any_time();
  RC_ASSERT(names.parse(names.format(time)) == time);
}

RC_GTEST_PROP(Rfc3339NameProperty, TheNameIsWhatTheCLibraryWrites, ()) {
  const std::int64_t time = *any_time();
  RC_ASSERT(format_time(time) == by_strftime(time));
}

RC_GTEST_PROP(Rfc3339NameProperty, NamesSortAsTheirTimesDo, ()) {
  const std::int64_t one = *any_time();
  const std::int64_t other = *any_time();
  RC_ASSERT((one < other) == (format_time(one) < format_time(other)));
}

RC_GTEST_PROP(Rfc3339NameProperty, ANameThatParsesIsTheOneThatWouldBeWritten, ()) {
  // One byte of a good name replaced, removed or added: the neighbours of what is ours.
  std::string name = format_time(*any_time());
  const auto position = *rc::gen::inRange<std::size_t>(0, name.size());
  const char byte = *rc::gen::oneOf(rc::gen::arbitrary<char>(), rc::gen::elementOf(std::string("0123456789-:TZtz. ")));
  switch (*rc::gen::inRange(0, 3)) {
    case 0:
      name[position] = byte;
      break;
    case 1:
      name.erase(position, 1);
      break;
    default:
      name.insert(position, 1, byte);
      break;
  }
  const std::optional<std::int64_t> time = parse_time(name);
  if (time) RC_ASSERT(format_time(*time) == name);
  RC_CLASSIFY(time.has_value(), "still a name");
}

RC_GTEST_PROP(Rfc3339NameProperty, DigitsInPlaceAreATimeOnlyIfTheyExist, ()) {
  const auto two = [](int below) {
    const int number = *rc::gen::inRange(0, below);
    return std::string{static_cast<char>('0' + number / 10), static_cast<char>('0' + number % 10)};
  };
  const std::string name =
      two(100) + two(100) + "-" + two(15) + "-" + two(34) + "T" + two(27) + ":" + two(63) + ":" + two(63) + "Z";
  const std::optional<std::int64_t> time = parse_time(name);

  std::tm calendar{};
  calendar.tm_year = std::stoi(name.substr(0, 4)) - 1900;
  calendar.tm_mon = std::stoi(name.substr(5, 2)) - 1;
  calendar.tm_mday = std::stoi(name.substr(8, 2));
  calendar.tm_hour = std::stoi(name.substr(11, 2));
  calendar.tm_min = std::stoi(name.substr(14, 2));
  calendar.tm_sec = std::stoi(name.substr(17, 2));
  // timegm carries what is too large over: then the C library writes another text.
  const std::int64_t carried = timegm(&calendar);
  const bool exists = carried >= 0 && by_strftime(carried) == name;
  RC_ASSERT(time.has_value() == exists);
  if (time) RC_ASSERT(*time == carried);
  RC_CLASSIFY(exists, "exists");
}

}  // namespace
