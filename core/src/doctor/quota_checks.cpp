// SPDX-License-Identifier: MIT
#include "doctor/quota_checks.h"

#include <algorithm>
#include <optional>

#include "cyber-zfs-backup/shell_quote.h"
#include "doctor/ask.h"
#include "text/visible.h"
#include "zfs/inventory.h"
#include "zfs/size.h"

namespace czb::doctor {
namespace {

constexpr char check[] = "quota";
constexpr char what_that_means[] =
    "whoever has the key, or a mistake at the sender, can fill the pool, and then no backup goes there any more";

// The innermost dataset that has one, and it.
struct Quota {
  std::string dataset;
  std::uint64_t bytes = 0;
};

std::optional<Quota> quota_in(std::string_view answer) {
  while (!answer.empty()) {
    const std::string_view line = answer.substr(0, answer.find('\n'));
    answer.remove_prefix(std::min(answer.size(), line.size() + 1));
    const std::size_t tab = line.rfind('\t');
    if (tab == std::string_view::npos) continue;
    if (const auto bytes = size_in(line.substr(tab + 1))) return Quota{std::string(line.substr(0, tab)), *bytes};
  }
  return std::nullopt;
}

}  // namespace

void check_quota_there(const Side& target, Findings& findings) {
  if (!target.is_restricted) return;
  const std::string bound = target.receiver ? target.receiver->value("space-bound") : "";
  if (bound.empty()) return findings.skipped(check, "the receiver does not tell it");
  const std::string root = target.receiver->value("root");
  if (const auto bytes = size_in(bound))
    return findings.ok(check, "at most " + size_text(*bytes) + " may lie in " + root + " there");
  const std::string seen = "nothing bounds what may lie in " + root + " there";
  if (target.receiver->value(check) == "none")
    return findings.ok(check, seen + ", as its line in authorized_keys says (--quota none)");
  findings.warning(
      check, seen + ": " + what_that_means,
      "Write --quota SIZE, such as --quota 2T, into this key's line in authorized_keys there; --quota none "
      "where that is meant.");
}

CommandLine quota_command(const std::string& dataset) {
  CommandLine command = {"zfs", "get", "-H", "-p", "-o", "name,value", "quota"};
  for (std::string each = dataset; !each.empty(); each = parent_of(each).value_or("")) command.push_back(each);
  return command;
}

void check_quota_here(const Side& source, const std::string& received, Findings& findings) {
  const Completed answer = ask(source.host.transport(), quota_command(received));
  if (!answer.ok()) return findings.skipped(check, "zfs get gave no answer: " + reason_of(answer));
  if (const auto quota = quota_in(answer.out))
    return findings.ok(check, received + " was sent " + source.there() + ", within the quota of " +
                                  visible(quota->dataset) + ", " + size_text(quota->bytes));
  findings.warning(check, received + " was sent " + source.there() + ", and no quota bounds it: " + what_that_means,
                   "zfs set quota=SIZE " + shell_quote(received) +
                       ", or on a dataset above it; for a volume, which has none, --quota in the key's line in "
                       "authorized_keys.");
}

}  // namespace czb::doctor
