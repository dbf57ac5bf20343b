// SPDX-License-Identifier: MIT
#include "setup/connection.h"

#include <map>
#include <utility>

#include "cyber-zfs-backup/shell_quote.h"
#include "setup/lines.h"
#include "text/visible.h"
#include "zfs/size.h"

namespace czb::setup {
namespace {

constexpr int command_not_found = 127;
constexpr std::size_t longest_value = 500;

using Report = std::map<std::string, std::string, std::less<>>;

Report parsed(std::string_view text) {
  Report report;
  for (const std::string_view line : lines_of(text)) {
    const std::size_t tab = line.find('\t');
    if (tab != std::string_view::npos)
      report[std::string(line.substr(0, tab))] = visible(line.substr(tab + 1), longest_value);
  }
  return report;
}

std::string value_of(const Report& report, const std::string& key) {
  const auto found = report.find(key);
  return found == report.end() ? "" : found->second;
}

// How much the key can fill there, in a sentence with a blank before it; empty where that is not told.
std::string about_space(const Report& report, const ReceiverSetup& wanted) {
  const std::string bound = value_of(report, "space-bound");
  if (wanted.mode == Mode::pull || bound.empty() || bound == "?") return "";
  if (const auto bytes = size_in(bound)) return " At most " + size_text(*bytes) + " may lie there.";
  ReceiverSetup said = wanted;
  said.quota = value_of(report, "quota") == "none" ? "none" : "";
  return " Note: " + no_quota_text(said);
}

// Why it is not as much as was asked for; empty: it is, or that is not told.
std::string wrong_space(const Report& report, const ReceiverSetup& wanted) {
  const std::string bound = value_of(report, "space-bound");
  const auto asked = size_in(wanted.quota);
  const auto told = size_in(bound);
  if (wanted.mode == Mode::pull || !asked || (!told && bound != "-") || told == asked) return "";
  return "the receiver lets this key into " + wanted.root + ", but " +
         (told ? "at most " + exact_size(*told) + " may lie there" : "no quota bounds what it can fill there") +
         ", and --quota " + wanted.quota +
         " is what was said here. At the receiver, as root: zfs set quota=" + wanted.quota + " " +
         shell_quote(wanted.root) + "; where that is not there yet, or is a volume, write --quota " + wanted.quota +
         " into this key's line in authorized_keys" +
         (told && *told < *asked ? "; and look whether a dataset above it has a quota, too (zfs get -r quota)" : "") +
         ". Nothing was changed.";
}

}  // namespace

std::vector<std::string> report_command() { return {"cyber-zfs-backup-receiver", "report"}; }

ConnectionVerdict judge_connection(const Completed& answer, const ReceiverSetup& wanted) {
  if (answer.status.kind == ExitKind::transport_failed)
    return {ExitCode::unreachable, "the receiver does not let this key in: " + answer.transport_error};
  if (answer.status.kind == ExitKind::exited && answer.status.code == command_not_found)
    return {
        ExitCode::needs_person,
        "the login works, but the key may run any command there, and there is no cyber-zfs-backup-receiver. Restrict "
        "it with the line for authorized_keys above."};
  const Report report = parsed(answer.out);
  const std::string root = value_of(report, "root");
  const std::string mode = value_of(report, "mode");
  if (!answer.ok() || root.empty() || mode.empty())
    return {ExitCode::failed, "the login works, but the receiver does not answer as one of ours: " + ending_of(answer) +
                                  ": " + (answer.err.empty() ? FarText(answer.out) : answer.err).shown(500)};
  if (root != wanted.root || mode != to_string(wanted.mode))
    return {ExitCode::needs_person, "the receiver lets this key into " + root + " with the mode " + mode + ", and " +
                                        wanted.root + " with the mode " + to_string(wanted.mode) +
                                        " is what the jobs here need."};
  std::string missing = value_of(report, "missing-permissions");
  if (wanted.encrypted && (missing.empty() || missing == "-"))
    missing = value_of(report, "missing-permissions-for-encrypted");
  if (!missing.empty() && missing != "-")
    return {ExitCode::needs_person, "the receiver lets this key into " + root +
                                        ", but its user lacks these permissions there: " + missing +
                                        ". Run the receiver's setup again, as below."};
  if (std::string wrong = wrong_space(report, wanted); !wrong.empty())
    return {ExitCode::needs_person, std::move(wrong), false};
  return {ExitCode::ok, "the receiver (version " + value_of(report, "version") + ") lets this key into " + root +
                            " with the mode " + mode + "." + about_space(report, wanted)};
}

}  // namespace czb::setup
