// SPDX-License-Identifier: MIT
// Snapshot names that are a time: what is written, and that nothing else is taken for ours.
#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "naming-rfc3339/rfc3339_name.h"

namespace {

using czb::rfc3339::format_time;
using czb::rfc3339::NameFormat;
using czb::rfc3339::parse_time;

struct Named {
  std::int64_t time;
  const char* name;
};

// Each from `date -u -d @TIME +%FT%TZ`.
constexpr Named known[] = {
    {0, "1970-01-01T00:00:00Z"},
    {1, "1970-01-01T00:00:01Z"},
    {86399, "1970-01-01T23:59:59Z"},
    {86400, "1970-01-02T00:00:00Z"},
    {951782399, "2000-02-28T23:59:59Z"},
    {951782400, "2000-02-29T00:00:00Z"},
    {951868800, "2000-03-01T00:00:00Z"},
    {1136073600, "2006-01-01T00:00:00Z"},
    {1677628799, "2023-02-28T23:59:59Z"},
    {1677628800, "2023-03-01T00:00:00Z"},
    {1709210096, "2024-02-29T12:34:56Z"},
    {2147483647, "2038-01-19T03:14:07Z"},
    {2147483648, "2038-01-19T03:14:08Z"},
    {4107542400, "2100-03-01T00:00:00Z"},
    {4294967296, "2106-02-07T06:28:16Z"},
    {253402300798, "9999-12-31T23:59:58Z"},
    {253402300799, "9999-12-31T23:59:59Z"},
};

void expect_foreign(std::string_view name) { EXPECT_EQ(parse_time(name), std::nullopt) << '"' << name << '"'; }

TEST(Rfc3339NameTest, WritesTheTimeInUtc) {
  for (const Named& named : known) EXPECT_EQ(format_time(named.time), named.name);
}

TEST(Rfc3339NameTest, ParsesWhatItWrites) {
  for (const Named& named : known) EXPECT_EQ(parse_time(named.name), named.time) << named.name;
}

TEST(Rfc3339NameTest, WritesNoTimeBefore1970) {
  EXPECT_THROW(format_time(-1), std::out_of_range);
  EXPECT_THROW(format_time(INT64_MIN), std::out_of_range);
}

TEST(Rfc3339NameTest, WritesNoTimeAfterTheYear9999) {
  EXPECT_THROW(format_time(253402300800), std::out_of_range);
  EXPECT_THROW(format_time(INT64_MAX), std::out_of_range);
}

TEST(Rfc3339NameTest, SaysWhichTimeCannotBeWritten) {
  try {
    format_time(-17);
    FAIL() << "format_time(-17) did not throw";
  } catch (const std::out_of_range& error) {
    EXPECT_NE(std::string_view(error.what()).find("-17"), std::string_view::npos) << error.what();
    EXPECT_NE(std::string_view(error.what()).find("1970 to 9999"), std::string_view::npos) << error.what();
  }
}

TEST(Rfc3339NameTest, RejectsALeapDayInACommonYear) {
  expect_foreign("2023-02-29T00:00:00Z");
  expect_foreign("2100-02-29T00:00:00Z");
  EXPECT_TRUE(parse_time("2000-02-29T00:00:00Z"));
  EXPECT_TRUE(parse_time("2024-02-29T00:00:00Z"));
}

TEST(Rfc3339NameTest, RejectsDatesThatDoNotExist) {
  for (const char* name : {"2023-00-01T00:00:00Z", "2023-13-01T00:00:00Z", "2023-99-01T00:00:00Z",
                           "2023-01-00T00:00:00Z", "2023-01-32T00:00:00Z", "2023-04-31T00:00:00Z",
                           "2023-06-31T00:00:00Z", "2023-11-31T00:00:00Z", "2023-12-99T00:00:00Z"}) {
    expect_foreign(name);
  }
}

TEST(Rfc3339NameTest, RejectsTimesOfDayThatDoNotExist) {
  for (const char* name : {"2023-01-01T24:00:00Z", "2023-01-01T25:00:00Z", "2023-01-01T99:00:00Z",
                           "2023-01-01T00:60:00Z", "2023-01-01T00:99:00Z", "2023-01-01T00:00:99Z"}) {
    expect_foreign(name);
  }
}

TEST(Rfc3339NameTest, RejectsALeapSecond) { expect_foreign("2016-12-31T23:59:60Z"); }

TEST(Rfc3339NameTest, RejectsYearsBefore1970) {
  expect_foreign("1969-12-31T23:59:59Z");
  expect_foreign("0000-01-01T00:00:00Z");
  expect_foreign("0001-01-01T00:00:00Z");
}

TEST(Rfc3339NameTest, RejectsOtherFormsOfRfc3339) {
  for (const char* name :
       {"2023-01-01t00:00:00Z", "2023-01-01T00:00:00z", "2023-01-01 00:00:00Z", "2023-01-01_00:00:00Z",
        "2023-01-01T00:00:00.0Z", "2023-01-01T00:00:00,0Z", "2023-01-01T00:00:00+00:00", "2023-01-01T00:00:00-00:00",
        "2023-01-01T00:00:00", "2023-01-01T00:00:00+", "2023-01-01T00:00Z", "2023-01-01", "20230101T000000Z",
        "12023-01-01T00:00:00Z", "023-01-01T00:00:00Z", "2023-1-01T00:00:00Z", "2023-01-01T0:00:00Z"}) {
    expect_foreign(name);
  }
}

TEST(Rfc3339NameTest, RejectsWhatOnlyLooksLikeANumber) {
  for (const char* name : {"+023-01-01T00:00:00Z", "-023-01-01T00:00:00Z", " 023-01-01T00:00:00Z",
                           "2023- 1-01T00:00:00Z", "2023-01-+1T00:00:00Z", "2023-01-01T0x:00:00Z",
                           "2023-01-01T00:00: 0Z", "2023:01:01T00:00:00Z", "2023-01-01T00-00-00Z"}) {
    expect_foreign(name);
  }
  expect_foreign("\xD9\xA2\xD9\xA0\xD9\xA2\xD9\xA3-01-01T0:0Z");  // Arabic-Indic digits: as many bytes as a name has
}

TEST(Rfc3339NameTest, RejectsAnythingBeforeOrAfterTheTime) {
  using namespace std::string_view_literals;
  for (const std::string_view name :
       {""sv, " "sv, " 2023-01-01T00:00:00Z"sv, "2023-01-01T00:00:00Z "sv, "2023-01-01T00:00:00Z\n"sv,
        "2023-01-01T00:00:00Z\0"sv, "\0002023-01-01T00:00:00Z"sv, "2023-01-01T00:00:00\0"sv, "x2023-01-01T00:00:00Z"sv,
        "2023-01-01T00:00:00Zx"sv, "2023-01-01T00:00:00ZZ"sv, "@2023-01-01T00:00:00Z"sv,
        "zippy@2023-01-01T00:00:00Z"sv}) {
    expect_foreign(name);
  }
}

TEST(Rfc3339NameTest, RejectsTheNamesOfOtherPrograms) {
  for (const char* name :
       {"zfs-auto-snap_daily-2023-01-01-0025", "autosnap_2023-01-01_00:00:01_daily", "zrepl_20230101_000000_000",
        "daily-2023-01-01", "manual", "syncoid_host_2023-01-01:00:00:00"}) {
    expect_foreign(name);
  }
}

TEST(Rfc3339NameTest, PrefixAndSuffixSurroundTheTime) {
  const NameFormat names("czb-", "_x");
  EXPECT_EQ(names.format(0), "czb-1970-01-01T00:00:00Z_x");
  EXPECT_EQ(names.parse("czb-1970-01-01T00:00:01Z_x"), 1);
}

TEST(Rfc3339NameTest, NamesWithoutThePrefixAndSuffixAreForeign) {
  const NameFormat names("czb-", "_x");
  for (const char* name : {"1970-01-01T00:00:00Z", "czb-1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z_x",
                           "CZB-1970-01-01T00:00:00Z_x", "czb-1970-01-01T00:00:00Z_y", "czb-_x", "czb-", "_x", "",
                           "czb-czb-1970-01-01T00:00:00Z_x", "czb-1970-01-01T00:00:00Z_x_x"}) {
    EXPECT_EQ(names.parse(name), std::nullopt) << name;
  }
}

TEST(Rfc3339NameTest, WithoutPrefixAndSuffixOnlyTheBareTimeIsOurs) {
  const NameFormat names;
  EXPECT_EQ(names.parse("1970-01-01T00:00:00Z"), 0);
  EXPECT_EQ(names.parse("czb-1970-01-01T00:00:00Z"), std::nullopt);
}

TEST(Rfc3339NameTest, APrefixMayLookLikeATime) {
  const NameFormat names("2023-01-01T00:00:00Z", "2024-01-01T00:00:00Z");
  EXPECT_EQ(names.parse(names.format(86400)), 86400);
}

TEST(Rfc3339NameTest, EveryCharacterThatZfsAllowsMayBeInAPrefix) {
  const std::string all = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.: ";
  const NameFormat names(all, all);
  EXPECT_EQ(names.parse(names.format(1)), 1);
}

TEST(Rfc3339NameTest, RefusesCharactersThatZfsDoesNotAllow) {
  const std::string_view allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.: ";
  for (int byte = 0; byte < 256; ++byte) {
    const std::string text(1, static_cast<char>(byte));
    if (allowed.find(text) != std::string_view::npos) continue;
    EXPECT_THROW(NameFormat(text, ""), std::invalid_argument) << byte;
    EXPECT_THROW(NameFormat("", "x" + text), std::invalid_argument) << byte;
  }
}

TEST(Rfc3339NameTest, SaysWhichOptionHasWhichCharacter) {
  struct Case {
    const char* prefix;
    const char* suffix;
    const char* said;
  };
  for (const Case& bad :
       {Case{"a/b", "", "the option 'prefix' has '/' in it"}, Case{"", "@", "the option 'suffix' has '@' in it"},
        Case{"", "a\tb", "the option 'suffix' has the byte 0x09 in it"},
        Case{"\xC3\xA9", "", "the option 'prefix' has the byte 0xc3 in it"}}) {
    try {
      const NameFormat names(bad.prefix, bad.suffix);
      ADD_FAILURE() << "not refused: " << bad.said;
    } catch (const std::invalid_argument& error) {
      EXPECT_EQ(std::string_view(error.what()).find(bad.said), 0U) << error.what();
    }
  }
}

TEST(Rfc3339NameTest, TheLongestNameHas200Bytes) {
  const NameFormat names(std::string(100, 'p'), std::string(80, 's'));
  EXPECT_EQ(names.format(0).size(), 200U);
  EXPECT_EQ(names.parse(names.format(5)), 5);
  EXPECT_THROW(NameFormat(std::string(100, 'p'), std::string(81, 's')), std::invalid_argument);
}

}  // namespace
