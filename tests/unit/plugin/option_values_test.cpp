// SPDX-License-Identifier: MIT
// Plugin options as written become values of the table's types, or an error that says where and why.
#include "plugin/option_values.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "error.h"
#include "plugin/option_parse.h"

namespace czb {
namespace {

constexpr OptionSpec table[] = {
    {"destination", OptionType::string, true, false, nullptr, "The host to connect to.", nullptr},
    {"port", OptionType::integer, false, false, "22", "The port.", nullptr},
    {"daily", OptionType::count, false, false, nullptr, "Dailies to keep.", nullptr},
    {"timeout", OptionType::duration, false, false, "5m", "Seconds to wait.", nullptr},
    {"buffer", OptionType::size, false, false, nullptr, "Bytes.", nullptr},
    {"sudo", OptionType::boolean, false, false, "false", "Use sudo.", nullptr},
    {"style", OptionType::enumeration, false, false, "plain", "How.", "plain|fancy"},
    {"args", OptionType::string_list, false, false, "[-v, 'a b']", "More words.", nullptr},
    {"password", OptionType::integer, false, true, nullptr, "A secret number.", nullptr},
};

PluginDescriptor descriptor() {
  PluginDescriptor result = {};
  result.kind = PluginKind::retention;
  result.id = "gfs";
  result.options = table;
  result.option_count = std::size(table);
  return result;
}

PluginChoice choice_of(const std::vector<std::pair<std::string, decltype(RawOption::value)>>& options) {
  PluginChoice choice{"gfs", "c.yaml:1:1", {}};
  int line = 2;
  for (const auto& [name, value] : options) {
    const std::string at = "c.yaml:" + std::to_string(line++);
    choice.options.push_back(RawOption{name, value, at + ":3", at + ":9"});
  }
  return choice;
}

const OptionValue& value_of(const OptionValues& values, std::string_view name) {
  for (const OptionValue& value : values.values()) {
    if (value.name == name) return value;
  }
  throw std::out_of_range("no such option");
}

std::string error_of(const PluginChoice& choice) {
  try {
    convert_options(descriptor(), choice);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::usage);
    return error.what();
  }
  return "no error";
}

TEST(OptionValues, HaveOneValueForEachEntryOfTheTableInItsOrder) {
  const OptionValues values = convert_options(descriptor(), choice_of({{"daily", "3"}, {"destination", "here"}}));
  ASSERT_EQ(values.values().size(), std::size(table));
  for (std::size_t i = 0; i < std::size(table); ++i) EXPECT_STREQ(values.values()[i].name, table[i].name);
}

TEST(OptionValues, TakeDefaultsForWhatIsNotGiven) {
  const OptionValues values = convert_options(descriptor(), choice_of({{"destination", "here"}}));
  EXPECT_EQ(value_of(values, "port").integer, 22);
  EXPECT_EQ(value_of(values, "timeout").integer, 300);
  EXPECT_EQ(value_of(values, "sudo").integer, 0);
  EXPECT_TRUE(value_of(values, "sudo").is_set);
  EXPECT_EQ(value_of(values, "style").text, "plain");
  EXPECT_FALSE(value_of(values, "daily").is_set);
  const OptionValue& list = value_of(values, "args");
  ASSERT_EQ(list.list_size, 2U);
  EXPECT_EQ(list.list[0], "-v");
  EXPECT_EQ(list.list[1], "a b");
}

TEST(OptionValues, ConvertEachType) {
  const OptionValues values = convert_options(descriptor(), choice_of({{"destination", "there"},
                                                                       {"port", "-7"},
                                                                       {"daily", "all"},
                                                                       {"timeout", "2h"},
                                                                       {"buffer", "64K"},
                                                                       {"sudo", "true"},
                                                                       {"style", "fancy"},
                                                                       {"args", std::vector<std::string>{"one", ""}}}));
  EXPECT_EQ(value_of(values, "destination").text, "there");
  EXPECT_EQ(value_of(values, "port").integer, -7);
  EXPECT_EQ(value_of(values, "daily").integer, count_all);
  EXPECT_EQ(value_of(values, "timeout").integer, 7200);
  EXPECT_EQ(value_of(values, "buffer").integer, 65536);
  EXPECT_EQ(value_of(values, "sudo").integer, 1);
  EXPECT_EQ(value_of(values, "style").text, "fancy");
  ASSERT_EQ(value_of(values, "args").list_size, 2U);
  EXPECT_EQ(value_of(values, "args").list[0], "one");
  EXPECT_EQ(value_of(values, "args").list[1], "");
}

TEST(OptionValues, KeepTheirTextWhenMoved) {
  OptionValues first = convert_options(descriptor(), choice_of({{"destination", "x"}}));
  const OptionValues second = std::move(first);
  EXPECT_EQ(value_of(second, "destination").text, "x");
  EXPECT_EQ(value_of(second, "args").list[1], "a b");
}

TEST(OptionValues, SayWhereAndWhatWasExpected) {
  EXPECT_EQ(error_of(choice_of({{"destination", "x"}, {"daily", "x"}})),
            "c.yaml:3:9: option 'daily' of retention plugin 'gfs': expected a number or `all`, not 'x'");
  EXPECT_EQ(error_of(choice_of({{"destination", "x"}, {"sudo", "yes"}})),
            "c.yaml:3:9: option 'sudo' of retention plugin 'gfs': expected `true` or `false`, not 'yes'");
  EXPECT_EQ(error_of(choice_of({{"destination", "x"}, {"style", "fency"}})),
            "c.yaml:3:9: option 'style' of retention plugin 'gfs': expected one of plain, fancy, not 'fency'; did you "
            "mean 'fancy'?");
  EXPECT_EQ(error_of(choice_of({{"destination", std::vector<std::string>{"x"}}})),
            "c.yaml:2:9: option 'destination' of retention plugin 'gfs': expected a text, not a list");
  EXPECT_EQ(error_of(choice_of({{"destination", "x"}, {"args", "x"}})),
            "c.yaml:3:9: option 'args' of retention plugin 'gfs': expected a list such as [a, b], not 'x'");
}

TEST(OptionValues, RefuseAnUnknownOptionAndSuggestTheNearest) {
  EXPECT_EQ(error_of(choice_of({{"dayly", "3"}})),
            "c.yaml:2:3: unknown option 'dayly' of retention plugin 'gfs'; did you mean 'daily'?; known: destination, "
            "port, daily, timeout, buffer, sudo, style, args, password");
  EXPECT_EQ(error_of(choice_of({{"zzz", "3"}})).find("did you mean"), std::string::npos);
}

TEST(OptionValues, RefuseAnyOptionOfAPluginThatHasNone) {
  PluginDescriptor bare = descriptor();
  bare.options = nullptr;
  bare.option_count = 0;
  EXPECT_TRUE(convert_options(bare, choice_of({})).values().empty());
  try {
    convert_options(bare, choice_of({{"a", "b"}}));
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "c.yaml:2:3: unknown option 'a' of retention plugin 'gfs'; it has no options");
  }
}

TEST(OptionValues, WantARequiredOption) {
  EXPECT_EQ(error_of(choice_of({})),
            "c.yaml:1:1: option 'destination' of retention plugin 'gfs' is required: The host to connect to.");
}

TEST(OptionValues, RefuseAnOptionGivenTwice) {
  EXPECT_EQ(error_of(choice_of({{"daily", "1"}, {"daily", "2"}})),
            "c.yaml:3:3: option 'daily' of retention plugin 'gfs' is given twice, first at c.yaml:2:3");
}

TEST(OptionValues, NeverQuoteASecret) {
  const std::string error = error_of(choice_of({{"destination", "x"}, {"password", "hunter2"}}));
  EXPECT_EQ(error.find("hunter2"), std::string::npos);
  EXPECT_NE(error.find("not the secret value given"), std::string::npos);
}

TEST(OptionValues, AreShownWithDefaultsAndWithoutSecrets) {
  const PluginChoice shown = effective_choice(descriptor(), choice_of({{"password", "7"}, {"destination", "x"}}));
  std::vector<std::string> words;
  for (const RawOption& option : shown.options) {
    const auto* text = std::get_if<std::string>(&option.value);
    words.push_back(option.name + "=" + (text != nullptr ? *text : "a list"));
  }
  EXPECT_EQ(words, (std::vector<std::string>{"destination=x", "port=22", "timeout=5m", "sudo=false", "style=plain",
                                             "args=a list", "password=(secret)"}));
  EXPECT_EQ(std::get<std::vector<std::string>>(shown.options[5].value), (std::vector<std::string>{"-v", "a b"}));
}

TEST(OptionNumbers, ReadTheirWrittenForms) {
  struct Case {
    OptionType type;
    const char* text;
    std::int64_t number;
  };
  for (const Case& c :
       {Case{OptionType::integer, "0", 0}, Case{OptionType::integer, "-9223372036854775808", INT64_MIN},
        Case{OptionType::integer, "9223372036854775807", INT64_MAX}, Case{OptionType::count, "0", 0},
        Case{OptionType::count, "007", 7}, Case{OptionType::duration, "30", 30}, Case{OptionType::duration, "30s", 30},
        Case{OptionType::duration, "5m", 300}, Case{OptionType::duration, "1d", 86400},
        Case{OptionType::size, "512", 512}, Case{OptionType::size, "10M", 10 << 20},
        Case{OptionType::size, "1G", 1 << 30}, Case{OptionType::size, "8589934591G", INT64_MAX - ((1 << 30) - 1)}}) {
    EXPECT_EQ(parse_option_number(c.type, c.text), c.number) << c.text;
  }
}

TEST(OptionNumbers, RefuseAnythingElse) {
  struct Case {
    OptionType type;
    const char* text;
  };
  for (const Case& c : {Case{OptionType::integer, ""},
                        Case{OptionType::integer, "x"},
                        Case{OptionType::integer, "1x"},
                        Case{OptionType::integer, " 1"},
                        Case{OptionType::integer, "1.5"},
                        Case{OptionType::integer, "+1"},
                        Case{OptionType::integer, "9223372036854775808"},
                        Case{OptionType::integer, "0x10"},
                        Case{OptionType::integer, "--1"},
                        Case{OptionType::count, "-1"},
                        Case{OptionType::count, "-0"},
                        Case{OptionType::count, "ALL"},
                        Case{OptionType::count, ""},
                        Case{OptionType::duration, "s"},
                        Case{OptionType::duration, "5 m"},
                        Case{OptionType::duration, "5ms"},
                        Case{OptionType::duration, "-5"},
                        Case{OptionType::duration, "106751991167301d"},
                        Case{OptionType::size, "K"},
                        Case{OptionType::size, "1k"},
                        Case{OptionType::size, "8589934592G"},
                        Case{OptionType::size, "1T"},
                        Case{OptionType::boolean, "on"},
                        Case{OptionType::boolean, "True"}}) {
    EXPECT_EQ(parse_option_number(c.type, c.text), std::nullopt) << c.text;
  }
}

}  // namespace
}  // namespace czb
