// SPDX-License-Identifier: MIT
// What cyber-zfs-backup-receiver says of itself where it is the forced command of our key. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "process/command.h"
#include "zfs/commands.h"

namespace czb::doctor {

// {"cyber-zfs-backup-receiver", "report"}: a host without a receiver has no such program, and a key without a forced
// command gets only its complaint.
CommandLine report_command();

// KEY → VALUE of a report, each value fit to be shown (text/visible.h); of a receiver that does not give one, `mode`
// alone.
struct ReceiverReport {
  std::map<std::string, std::string> values;

  std::string value(const std::string& key) const;  // empty: not told, or "?", which it could not learn itself
  std::optional<std::uint64_t> number(const std::string& key) const;
  std::vector<std::string> list(const std::string& key) const;  // separated by commas; "-" is an empty one
};

// The answer to report_command(): lines KEY<TAB>VALUE, `mode` and `root` among them. Nothing where it is none.
std::optional<ReceiverReport> parse_receiver_report(const Completed& completed);

// Whether the receiver itself refused the command (exit status 77), or found its own set-up wrong (78).
bool is_refusal(const Completed& completed);
bool is_wrong_set_up(const Completed& completed);

}  // namespace czb::doctor
