// SPDX-License-Identifier: MIT
#include "naming-rfc3339/rfc3339_name.h"

#include <date/date.h>

#include <chrono>
#include <stdexcept>

namespace czb::rfc3339 {
namespace {

constexpr std::string_view shape = "0000-00-00T00:00:00Z";  // 0: any digit

constexpr bool is_digit(char character) { return character >= '0' && character <= '9'; }

constexpr bool is_allowed(char character) {
  return is_digit(character) || (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') ||
         std::string_view("-_.: ").find(character) != std::string_view::npos;
}

bool has_shape(std::string_view text) {
  if (text.size() != shape.size()) return false;
  for (std::size_t index = 0; index < shape.size(); ++index) {
    const bool fits = shape[index] == '0' ? is_digit(text[index]) : text[index] == shape[index];
    if (!fits) return false;
  }
  return true;
}

// Of digits, as has_shape found them.
int number(std::string_view digits) {
  int value = 0;
  for (const char digit : digits) value = value * 10 + (digit - '0');
  return value;
}

void put(std::string& text, std::size_t position, std::size_t width, std::int64_t value) {
  for (std::size_t index = position + width; index > position; --index) {
    text[index - 1] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
}

std::string shown(char character) {
  constexpr std::string_view hexadecimal = "0123456789abcdef";
  if (character > ' ' && character < '\x7f') return std::string("'") + character + "'";
  const auto byte = static_cast<unsigned char>(character);
  return std::string("the byte 0x") + hexadecimal[byte >> 4U] + hexadecimal[byte & 0xFU];
}

void check(std::string_view option, std::string_view text) {
  for (const char character : text) {
    if (is_allowed(character)) continue;
    throw std::invalid_argument("the option '" + std::string(option) + "' has " + shown(character) +
                                " in it, but ZFS allows only letters, digits, '-', '_', '.', ':' and spaces in the "
                                "name of a snapshot");
  }
}

}  // namespace

std::string format_time(std::int64_t time) {
  if (time < first_time || time > last_time) {
    throw std::out_of_range("the time " + std::to_string(time) +
                            " (seconds since 1970) is outside of the years 1970 to 9999 that RFC 3339 names can tell");
  }
  const date::sys_seconds instant{std::chrono::seconds{time}};
  const auto day = date::floor<date::days>(instant);
  const date::year_month_day calendar{day};
  const auto second_of_day = (instant - day).count();

  std::string text(shape);
  put(text, 0, 4, static_cast<int>(calendar.year()));
  put(text, 5, 2, static_cast<unsigned>(calendar.month()));
  put(text, 8, 2, static_cast<unsigned>(calendar.day()));
  put(text, 11, 2, second_of_day / 3600);
  put(text, 14, 2, second_of_day / 60 % 60);
  put(text, 17, 2, second_of_day % 60);
  return text;
}

std::optional<std::int64_t> parse_time(std::string_view text) noexcept {
  if (!has_shape(text)) return std::nullopt;
  const date::year_month_day calendar{date::year{number(text.substr(0, 4))},
                                      date::month{static_cast<unsigned>(number(text.substr(5, 2)))},
                                      date::day{static_cast<unsigned>(number(text.substr(8, 2)))}};
  const int hour = number(text.substr(11, 2));
  const int minute = number(text.substr(14, 2));
  const int second = number(text.substr(17, 2));
  if (!calendar.ok() || calendar.year() < date::year{1970} || hour > 23 || minute > 59 || second > 59) {
    return std::nullopt;
  }
  const std::chrono::seconds since_1970 = date::sys_days{calendar}.time_since_epoch() + std::chrono::hours{hour} +
                                          std::chrono::minutes{minute} + std::chrono::seconds{second};
  return since_1970.count();
}

NameFormat::NameFormat(std::string_view prefix, std::string_view suffix) : prefix_(prefix), suffix_(suffix) {
  check("prefix", prefix);
  check("suffix", suffix);
  constexpr std::size_t room = maximum_size - shape.size();
  if (prefix.size() + suffix.size() > room) {
    throw std::invalid_argument("the options 'prefix' and 'suffix' have " +
                                std::to_string(prefix.size() + suffix.size()) + " bytes together, but only " +
                                std::to_string(room) + " fit into a name beside the time");
  }
}

std::string NameFormat::format(std::int64_t time) const { return prefix_ + format_time(time) + suffix_; }

std::optional<std::int64_t> NameFormat::parse(std::string_view name) const noexcept {
  if (name.size() != prefix_.size() + shape.size() + suffix_.size()) return std::nullopt;
  if (name.substr(0, prefix_.size()) != prefix_) return std::nullopt;
  if (name.substr(prefix_.size() + shape.size()) != suffix_) return std::nullopt;
  return parse_time(name.substr(prefix_.size(), shape.size()));
}

}  // namespace czb::rfc3339
