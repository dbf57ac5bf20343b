// SPDX-License-Identifier: MIT
#include "doctor/side_checks.h"

#include <charconv>

#include "cyber-zfs-backup/shell_quote.h"
#include "doctor/ask.h"
#include "report/progress.h"

namespace czb::doctor {
namespace {

constexpr unsigned nearly_full = 90;               // percent
constexpr std::int64_t tolerated_difference = 60;  // seconds
// Bytes for each dataset, about twice what ZFS wants to be free (dsl_sync_task: 3 blocks of 16 KiB, three times).
constexpr std::uint64_t for_a_snapshot = 256 * 1024;

template <class Number>
std::optional<Number> number_of(std::string_view text) {
  Number number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// The value in a line "NAME<TAB>VALUE".
std::optional<std::uint64_t> property_in(const std::string& lines, const std::string& name) {
  const std::size_t begin = ("\n" + lines).find("\n" + name + "\t");
  if (begin == std::string::npos) return std::nullopt;
  const std::size_t value = begin + name.size() + 1;
  return number_of<std::uint64_t>(std::string_view(lines).substr(value, lines.find('\n', value) - value));
}

std::string how_to_make_room(const Side& side) {
  if (side.is_source) return "Make room: let more snapshots expire (retention), delete, or add a device to the pool.";
  const bool keeps_all = (side.receiver && side.receiver->value("mode") == "append-only") ||
                         (side.target_config != nullptr && side.target_config->mirror == Mirror::off);
  if (!keeps_all)
    return "Make room there: let more snapshots expire at the source, delete what else the pool holds, raise "
           "the quota, or add a device.";
  const std::string root =
      side.receiver && !side.receiver->value("root").empty() ? side.receiver->value("root") : side.dataset;
  return "What expires at the source stays there, so that frees nothing. Where a quota is reached and the pool "
         "has room, raise it there, as root: zfs set quota=SIZE " +
         shell_quote(root) +
         " (docs/setup.md). Else let the backup host expire by a job of its own with `actions: [expire]` "
         "(docs/configuration.md), delete what else the pool holds, or add a device.";
}

}  // namespace

std::optional<std::uint64_t> next_push(const Side& source, const Side& target) {
  if (!source.inventory || !target.inventory) return std::nullopt;
  if (!target.inventory->exists()) return source.used;
  std::uint64_t written = 0;
  for (const auto& [relative, dataset] : source.inventory->datasets) written += dataset.written;
  return written;
}

void check_space(Side& side, std::optional<std::uint64_t> needed, Findings& findings) {
  if (side.is_restricted) {
    if (side.receiver) side.available = side.receiver->number("available");
  } else {
    const Completed answer =
        ask(side.host.transport(), {"zfs", "get", "-H", "-p", "-o", "property,value", "used,available", side.existing});
    if (!answer.ok()) return findings.skipped("pool-space", "zfs get gave no answer: " + reason_of(answer));
    side.available = property_in(answer.out, "available");
    side.used = property_in(answer.out, "used");
  }
  judge_space(side, needed, findings);
}

void judge_space(const Side& side, std::optional<std::uint64_t> needed, Findings& findings) {
  if (!side.available) return findings.skipped("pool-space", "it is not told how much is available");
  std::string seen = human_bytes(*side.available) + " available to " + side.existing + " on " + side.host.peer();
  const bool is_told = side.pool_status && side.pool_status->percent_used;
  const unsigned percent = is_told ? *side.pool_status->percent_used : 0;
  if (is_told) seen += "; " + std::to_string(percent) + " % of pool " + side.pool() + " is used";
  const std::string remedy = how_to_make_room(side);
  if (*side.available == 0) return findings.failed("pool-space", seen, remedy);
  if (needed && *needed > *side.available)
    return findings.failed("pool-space", seen + "; the next push brings " + human_bytes(*needed) + " or more", remedy);
  const std::size_t datasets = side.inventory ? side.inventory->datasets.size() : 1;
  if (side.is_source && side.takes_snapshots && *side.available < datasets * for_a_snapshot)
    return findings.warning("pool-space",
                            seen + ": with so little ZFS may refuse the next snapshot of " + std::to_string(datasets) +
                                (datasets == 1 ? " dataset" : " datasets"),
                            remedy);
  if (percent >= nearly_full) return findings.warning("pool-space", seen, remedy);
  findings.ok("pool-space", seen);
}

void check_clock(Side& side, Findings& findings, const Surroundings& here) {
  if (side.is_here()) return;
  if (!side.clock && !side.is_restricted) {
    const std::int64_t asked = here.clock();
    const Completed answer = ask(side.host.transport(), {"date", "+%s"});
    if (const auto there = number_of<std::int64_t>(answer_of(answer)); there && answer.ok())
      side.clock = ClockReading{asked, *there, here.clock()};
  }
  if (!side.clock) return findings.skipped("clock", "the time there is not told");
  judge_clock(*side.clock, side, findings);
}

void judge_clock(const ClockReading& reading, const Side& side, Findings& findings) {
  std::int64_t difference = 0;  // at least
  if (reading.there < reading.asked) difference = reading.asked - reading.there;
  if (reading.there > reading.answered) difference = reading.there - reading.answered;
  if (difference <= tolerated_difference)
    return findings.ok("clock", "that of " + side.host.peer() + " agrees with this machine's");
  findings.warning("clock",
                   "that of " + side.host.peer() + " is " + human_seconds(static_cast<double>(difference)) +
                       (reading.there < reading.asked ? " behind" : " ahead of") + " this machine's",
                   "Let both be set from the network (timedatectl set-ntp true): a snapshot from the future keeps "
                   "others from expiring.");
}

}  // namespace czb::doctor
