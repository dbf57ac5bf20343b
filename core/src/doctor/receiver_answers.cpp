// SPDX-License-Identifier: MIT
#include "doctor/receiver_answers.h"

#include <charconv>

#include "text/visible.h"
#include "zfs/receiver.h"

namespace czb::doctor {
namespace {

constexpr std::string_view program = receiver_program;
constexpr std::size_t longest_value = 16 * 1024;  // of a list of features or permissions

// The next line of `text`, which loses it; a last one without a newline counts too.
std::string_view take_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line;
}

bool ended_so(const Completed& completed, int status) {
  return !completed.timed_out && completed.status.kind == ExitKind::exited && completed.status.code == status &&
         completed.err.raw().find(std::string(program) + ": ") != std::string::npos;
}

}  // namespace

CommandLine report_command() { return {std::string(program), "report"}; }

std::string ReceiverReport::value(const std::string& key) const {
  const auto found = values.find(key);
  return found == values.end() || found->second == "?" ? "" : found->second;
}

std::optional<std::uint64_t> ReceiverReport::number(const std::string& key) const {
  const std::string text = value(key);
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::vector<std::string> ReceiverReport::list(const std::string& key) const {
  std::vector<std::string> words;
  const std::string text = value(key);
  if (text.empty() || text == "-") return words;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    if (end > begin) words.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return words;
}

std::optional<ReceiverReport> parse_receiver_report(const Completed& completed) {
  if (!completed.ok()) return std::nullopt;
  ReceiverReport report;
  for (std::string_view text = completed.out; !text.empty();) {
    const std::string_view line = take_line(text);
    const std::size_t tab = line.find('\t');
    if (tab == std::string_view::npos || tab == 0) return std::nullopt;
    report.values[std::string(line.substr(0, tab))] = visible(line.substr(tab + 1), longest_value);
  }
  if (report.value("mode").empty() || report.value("root").empty()) return std::nullopt;
  return report;
}

bool is_refusal(const Completed& completed) { return ended_so(completed, receiver_refused_status); }

bool is_wrong_set_up(const Completed& completed) { return ended_so(completed, receiver_misconfigured_status); }

}  // namespace czb::doctor
