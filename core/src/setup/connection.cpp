// SPDX-License-Identifier: MIT
#include "setup/connection.h"

#include <map>

#include "setup/lines.h"
#include "text/visible.h"

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
  return {ExitCode::ok, "the receiver (version " + value_of(report, "version") + ") lets this key into " + root +
                            " with the mode " + mode + "."};
}

}  // namespace czb::setup
