// SPDX-License-Identifier: MIT
// Lines and words of what other programs print and of their configuration files. Views into the text.
#pragma once

#include <string_view>
#include <vector>

namespace czb::setup {

// The lines, without their newlines and carriage returns; none for an empty text.
inline std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    lines.push_back(line);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  }
  return lines;
}

// What stands between blanks and tabs.
inline std::vector<std::string_view> words_of(std::string_view line) {
  constexpr std::string_view blanks = " \t";
  std::vector<std::string_view> words;
  for (std::size_t at = line.find_first_not_of(blanks); at != std::string_view::npos;) {
    const std::size_t end = line.find_first_of(blanks, at);
    words.push_back(line.substr(at, end == std::string_view::npos ? end : end - at));
    at = line.find_first_not_of(blanks, end);
  }
  return words;
}

inline std::string_view trimmed(std::string_view line) {
  constexpr std::string_view blanks = " \t";
  const std::size_t first = line.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return line.substr(first, line.find_last_not_of(blanks) - first + 1);
}

// The rest of a line behind its first word: "hostname x.example" → "x.example".
inline std::string_view behind_first_word(std::string_view line) {
  line = trimmed(line);
  const std::size_t end = line.find_first_of(" \t");
  return end == std::string_view::npos ? std::string_view() : trimmed(line.substr(end));
}

}  // namespace czb::setup
