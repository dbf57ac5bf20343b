// SPDX-License-Identifier: MIT
#include "config/mistakes.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <utility>

#include "error.h"

namespace czb {
namespace {

constexpr std::size_t most_told = 20;

// Line and column of "PATH:LINE:COLUMN: …"; what has none comes last.
std::pair<int, int> place_of(const std::string& text) {
  for (std::size_t at = text.find(':'); at != std::string::npos; at = text.find(':', at + 1)) {
    std::pair<int, int> place;
    const char* const end = text.data() + text.size();
    const auto [behind_line, line_error] = std::from_chars(text.data() + at + 1, end, place.first);
    if (line_error != std::errc() || behind_line == end || *behind_line != ':') continue;
    const auto [behind_column, column_error] = std::from_chars(behind_line + 1, end, place.second);
    if (column_error == std::errc() && behind_column != end && *behind_column == ':') return place;
  }
  return {std::numeric_limits<int>::max(), 0};
}

}  // namespace

void Mistakes::attempt(const std::function<void()>& body) {
  try {
    body();
  } catch (const Error& error) {
    if (error.code() != ExitCode::usage) throw;
    ++count_;
    if (std::find(told_.begin(), told_.end(), error.what()) == told_.end()) told_.emplace_back(error.what());
  }
}

void Mistakes::raise() const {
  if (told_.empty()) return;
  std::vector<std::string> told = told_;
  std::stable_sort(told.begin(), told.end(),
                   [](const std::string& a, const std::string& b) { return place_of(a) < place_of(b); });
  std::string text;
  for (std::size_t i = 0; i < std::min(told.size(), most_told); ++i) text += (i == 0 ? "" : "\n") + told[i];
  if (told.size() > most_told) text += "\nand " + std::to_string(told.size() - most_told) + " more";
  throw Error(ExitCode::usage, text);
}

}  // namespace czb
