// SPDX-License-Identifier: MIT
#include "receiver/host/day_counts.h"

#include <charconv>
#include <optional>

#include "receiver/host/state_file.h"

namespace czb::receiver {
namespace {

std::string path_of(const std::string& state, const std::string& dataset) {
  return state_file_path(state, dataset, "destroyed");
}

template <typename Number>
bool take(std::string_view& text, char before, Number& number) {
  if (text.empty() || text.front() != before) return false;
  text.remove_prefix(1);
  const auto [stopped, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  text.remove_prefix(static_cast<std::size_t>(stopped - text.data()));
  return error == std::errc();
}

// "DATASET<TAB>DAY<TAB>PRESENT<TAB>DESTROYED<NEWLINE>"
std::optional<DayCount> parse(std::string_view text, const std::string& dataset) {
  DayCount count;
  if (text.substr(0, dataset.size()) != dataset) return std::nullopt;
  text.remove_prefix(dataset.size());
  const bool understood =
      take(text, '\t', count.day) && take(text, '\t', count.present) && take(text, '\t', count.destroyed);
  return understood && text == "\n" && count.destroyed <= count.present ? std::optional(count) : std::nullopt;
}

}  // namespace

DayCounts read_day_counts(const std::string& state, const std::vector<std::string>& datasets) {
  DayCounts counts;
  for (const std::string& dataset : datasets) {
    const std::string path = path_of(state, dataset);
    const std::optional<std::string> text = read_state_file(path);
    if (!text) continue;
    const std::optional<DayCount> count = parse(*text, dataset);
    if (!count) refuse_state_file(path, "is to count what was destroyed, and is not understood");
    counts[dataset] = *count;
  }
  return counts;
}

void write_day_counts(const std::string& state, const DayCounts& counts) {
  for (const auto& [dataset, count] : counts)
    write_state_file(path_of(state, dataset), dataset + "\t" + std::to_string(count.day) + "\t" +
                                                  std::to_string(count.present) + "\t" +
                                                  std::to_string(count.destroyed) + "\n");
}

}  // namespace czb::receiver
