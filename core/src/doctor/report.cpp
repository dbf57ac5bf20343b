// SPDX-License-Identifier: MIT
#include "doctor/report.h"

#include <fmt/core.h>

#include <algorithm>

#include "text/json_text.h"

namespace czb::doctor {
namespace {

std::size_t count_of(const std::vector<Finding>& findings, State state) {
  return static_cast<std::size_t>(
      std::count_if(findings.begin(), findings.end(), [&](const Finding& finding) { return finding.state == state; }));
}

std::string heading(const Finding& finding) {
  if (finding.job.empty()) return "This machine";
  if (finding.target.empty()) return "Job " + finding.job + ", its source";
  return "Job " + finding.job + ", target " + finding.target;
}

// Where it has several lines, they stand below each other.
std::string indented(const std::string& text, std::size_t columns) {
  std::string result;
  for (const char byte : text) {
    result += byte;
    if (byte == '\n') result.append(columns, ' ');
  }
  return result;
}

std::string line_of(const Finding& finding) {
  constexpr std::size_t columns = 25;
  const bool loud = finding.state == State::failed;
  std::string text = fmt::format("  {:<8} {:<13} {}\n", loud ? "FAILED" : to_string(finding.state), finding.check,
                                 indented(finding.seen, columns));
  if (!finding.remedy.empty()) text += fmt::format("{:{}}Do: {}\n", "", columns, indented(finding.remedy, columns));
  return text;
}

}  // namespace

std::string findings_as_text(const std::vector<Finding>& findings, bool only_problems) {
  std::string text;
  std::string last;
  for (const Finding& finding : findings) {
    if (only_problems && finding.state != State::failed && finding.state != State::warning) continue;
    if (const std::string subject = heading(finding); subject != last) {
      text += (last.empty() ? "" : "\n") + subject + "\n";
      last = subject;
    }
    text += line_of(finding);
  }
  if (text.empty()) return text;
  const std::size_t warnings = count_of(findings, State::warning);
  return text + fmt::format("\n{} failed, {} warning{}, {} ok, {} skipped\n", count_of(findings, State::failed),
                            warnings, warnings == 1 ? "" : "s", count_of(findings, State::ok),
                            count_of(findings, State::skipped));
}

std::string findings_as_json(const std::vector<Finding>& findings) {
  using Json = nlohmann::ordered_json;
  Json list = Json::array();
  for (const Finding& finding : findings) {
    Json entry;
    if (!finding.job.empty()) entry["job"] = finding.job;
    if (!finding.target.empty()) entry["target"] = finding.target;
    entry["check"] = finding.check;
    entry["state"] = to_string(finding.state);
    entry["seen"] = finding.seen;
    if (!finding.remedy.empty()) entry["do"] = finding.remedy;
    list.push_back(std::move(entry));
  }
  const Json json = {
      {"exit-code", static_cast<int>(exit_code(findings))}, {"failed", count_of(findings, State::failed)},
      {"warnings", count_of(findings, State::warning)},     {"ok", count_of(findings, State::ok)},
      {"skipped", count_of(findings, State::skipped)},      {"findings", std::move(list)}};
  return json_text(json) + "\n";
}

ExitCode exit_code(const std::vector<Finding>& findings) {
  return count_of(findings, State::failed) > 0 ? ExitCode::failed : ExitCode::ok;
}

}  // namespace czb::doctor
