// SPDX-License-Identifier: MIT
#include "doctor/record_checks.h"

#include <algorithm>
#include <string_view>

#include "cyber-zfs-backup/shell_quote.h"
#include "doctor/ask.h"
#include "plan/force_advice.h"
#include "zfs/names.h"

namespace czb::doctor {
namespace {

constexpr char check[] = "records";

// The target that a line NAME<TAB>PROPERTY<TAB>VALUE records something of; empty: none. What came with a stream, or is
// inherited, names another dataset.
std::string target_in(std::string_view name, std::string_view property, std::string_view value) {
  const std::string prefix = base_property("");
  const bool is_record = property.rfind(prefix, 0) == 0 && value.rfind(std::string(name) + "@", 0) == 0;
  return is_record ? std::string(property.substr(prefix.size())) : "";
}

}  // namespace

CommandLine records_command(const std::string& root) {
  return {"zfs", "get", "-H", "-r", "-t", "filesystem,volume", "-s", "local", "-o", "name,property,value", "all", root};
}

void check_records(const Side& source, const std::set<std::string>& known, Findings& findings) {
  if (source.is_restricted) return findings.skipped(check, "the receiver there does not tell them");
  const Completed answer = ask(source.host.transport(), records_command(source.dataset), source.listing_limit);
  if (!answer.ok()) return findings.skipped(check, "zfs get gave no answer: " + reason_of(answer));
  for (std::string_view rest = answer.out; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    const std::size_t tab = std::min(line.find('\t'), line.size());
    const std::size_t second = std::min(line.find('\t', tab + 1), line.size());
    if (second == line.size()) continue;
    const std::string name(line.substr(0, tab));
    const std::string target = target_in(name, line.substr(tab + 1, second - tab - 1), line.substr(second + 1));
    if (target.empty() || known.count(target) != 0 || dataset_name_error(name) ||
        property_name_error(base_property(target)))
      continue;
    findings.warning(check,
                     name + " has a record of the target " + target +
                         ", which no job of this configuration has: where very many snapshots would expire at once, "
                         "that cannot be forced because of it",
                     advice_on_record(target, shell_quote(name)));
  }
  if (!findings.has(check)) findings.ok(check, "of no other targets than those of this configuration");
}

}  // namespace czb::doctor
