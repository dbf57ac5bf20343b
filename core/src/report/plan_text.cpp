// SPDX-License-Identifier: MIT
#include "report/plan_text.h"

#include <fmt/core.h>

namespace czb {
namespace {

void append_details(const ActionReport& action, std::string& text) {
  for (const PlannedStep& planned : action.steps) text += "    " + planned.command_line + "\n";
  for (const Judged& judged : action.verdicts)
    text += fmt::format("    {} {}: {}\n", judged.verdict.decision == Decision::keep ? "keep  " : "expire",
                        judged.snapshot, judged.verdict.rule);
  for (const Spared& spared : action.spared) text += fmt::format("    keeps {}: {}\n", spared.snapshot, spared.why);
  for (const std::string& note : action.notes) text += "    note: " + note + "\n";
  for (const std::string& warning : action.warnings) text += "    warning: " + warning + "\n";
  for (const std::string& refusal : action.refusals) text += "    refused: " + refusal + "\n";
  for (const std::string& error : action.errors) text += "    error: " + error + "\n";
}

void append_nothing_if_empty(const ActionReport& action, const char* nothing, std::string& text) {
  if (action.steps.empty() && action.refusals.empty() && action.errors.empty())
    text += fmt::format("    {}\n", nothing);
}

}  // namespace

std::string plan_as_text(const JobReport& report) {
  std::string text = fmt::format("job {} ({})\n", report.name, report.dataset);
  append_details(report.general, text);
  if (report.snapshot) {
    text += "  snapshot\n";
    append_details(*report.snapshot, text);
  }
  if (report.expire) {
    text +=
        fmt::format("  expire: {} {} of the source\n", report.expired, report.expired == 1 ? "snapshot" : "snapshots");
    append_details(*report.expire, text);
    append_nothing_if_empty(*report.expire, "nothing to expire", text);
  }
  for (const TargetReport& target : report.targets) {
    text += fmt::format("  push to {} ({}, {})", target.name, target.peer, target.dataset);
    text += target.observed ? fmt::format(": {} of its snapshots to delete\n", target.destroyed) : ": not planned\n";
    append_details(target.push, text);
    if (target.observed) append_nothing_if_empty(target.push, "nothing to send: the target holds it all", text);
  }
  return text;
}

}  // namespace czb
