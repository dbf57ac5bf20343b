// SPDX-License-Identifier: MIT
// Grandfather, father, son: which snapshots of a dataset are kept.
//
// Walk from the newest snapshot to the oldest. The newest is kept. Then the tiers in order, hourly, daily, weekly,
// monthly, yearly: while the present tier has some left, the next snapshot is kept, and counted, if its period (hour,
// day, ISO week, month, year, all in UTC) differs from that of the last kept one. A tier that is used up gives way to
// the next one; what no tier keeps, expires. From this follows:
//
// - Periods are always compared in the present tier: where the tiers change, the first weekly is the first snapshot
//   in another week than the last daily.
// - A tier of 0 does not exist. If all are 0, only the newest is kept.
// - Tiers share no snapshot, and the newest is counted in none: daily 31 keeps the newest and 31 more.
// - Only snapshots use a tier up, so gaps in time cost nothing. A tier that is not used up lasts to the oldest.
// - Of several in one period, the newest is kept, since the walk meets it first.
// - "Differs" is not "is earlier": where a clock was set back, a snapshot that is older but has a later time is
//   kept like any other whose period is another one.
// - Judging what was kept again keeps all of it, by the same rules: what expires leaves no trace in the walk.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "cyber-zfs-backup/options.h"
#include "cyber-zfs-backup/retention.h"
#include "cyber-zfs-backup/retention_plugin.h"

namespace czb::gfs {

// How many snapshots each tier keeps: 0 or more, or count_all.
struct Policy {
  std::int64_t hourly = 0;
  std::int64_t daily = 31;
  std::int64_t weekly = 12;
  std::int64_t monthly = 36;
  std::int64_t yearly = count_all;
};

// One verdict on each of the `count` snapshots of one dataset, which are in order: newest first, by createtxg. The
// rules read "newest", "daily 3 of 31", "yearly 2 of all" and "no tier keeps it". Takes no time but the walk's: a
// million snapshots in a fraction of a second.
// Throws std::invalid_argument, with a sentence, when a snapshot stands before one with a larger createtxg, has a time
// outside of the years 0000 to 9999, or the policy has a number below 0 that is not count_all.
std::vector<PluginVerdict> judge(const Policy& policy, const SnapshotView* snapshots, std::size_t count);

}  // namespace czb::gfs
