// SPDX-License-Identifier: MIT
#include "plugin/option_parse.h"

#include <charconv>
#include <cstddef>
#include <limits>
#include <system_error>

#include "config/wording.h"

namespace czb {
namespace {

struct Unit {
  char letter;
  std::int64_t factor;
};

constexpr Unit durations[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
constexpr Unit sizes[] = {{'K', std::int64_t{1} << 10}, {'M', std::int64_t{1} << 20}, {'G', std::int64_t{1} << 30}};

std::optional<std::int64_t> whole_number(std::string_view text) {
  std::int64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || stopped != end) return std::nullopt;
  return number;
}

std::optional<std::int64_t> not_negative(std::string_view text) {
  if (text.empty() || text.front() == '-') return std::nullopt;
  return whole_number(text);
}

template <std::size_t N>
std::optional<std::int64_t> with_unit(std::string_view text, const Unit (&units)[N]) {
  std::int64_t factor = 1;
  for (const Unit& unit : units) {
    if (text.empty() || text.back() != unit.letter) continue;
    factor = unit.factor;
    text.remove_suffix(1);
    break;
  }
  const auto number = not_negative(text);
  if (!number || *number > std::numeric_limits<std::int64_t>::max() / factor) return std::nullopt;
  return *number * factor;
}

}  // namespace

std::optional<std::int64_t> parse_option_number(OptionType type, std::string_view text) {
  switch (type) {
    case OptionType::integer:
      return whole_number(text);
    case OptionType::boolean:
      if (text == "true") return 1;
      if (text == "false") return 0;
      return std::nullopt;
    case OptionType::duration:
      return with_unit(text, durations);
    case OptionType::size:
      return with_unit(text, sizes);
    case OptionType::count:
      return text == "all" ? std::optional(count_all) : not_negative(text);
    case OptionType::string:
    case OptionType::string_list:
    case OptionType::enumeration:
      break;
  }
  return std::nullopt;
}

std::vector<std::string_view> choice_words(std::string_view choices) {
  std::vector<std::string_view> words;
  for (;;) {
    const std::size_t bar = choices.find('|');
    words.push_back(choices.substr(0, bar));
    if (bar == std::string_view::npos) return words;
    choices.remove_prefix(bar + 1);
  }
}

std::string expected_words(const OptionSpec& option) {
  switch (option.type) {
    case OptionType::string:
      return "a text";
    case OptionType::integer:
      return "a whole number";
    case OptionType::boolean:
      return "`true` or `false`";
    case OptionType::duration:
      return "a duration such as 30s, 5m, 2h or 1d";
    case OptionType::size:
      return "a size such as 512, 64K, 10M or 1G";
    case OptionType::string_list:
      return "a list such as [a, b]";
    case OptionType::count:
      return "a number or `all`";
    case OptionType::enumeration:
      return "one of " + comma_list(choice_words(option.choices));
  }
  return "a value";
}

}  // namespace czb
