// SPDX-License-Identifier: MIT
// Asks the retention plugin about one dataset's own snapshots, and holds it to its contract.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cyber-zfs-backup/naming.h"
#include "cyber-zfs-backup/retention.h"
#include "zfs/inventory.h"

namespace czb {

// A snapshot whose name the naming plugin parses.
struct OwnSnapshot {
  const Snapshot* snapshot = nullptr;  // into the dataset it came from
  std::int64_t time = 0;               // seconds since the epoch, from the name
};

struct Verdict {
  Decision decision = Decision::keep;
  std::string rule;
};

// A verdict with the snapshot's full name, for people.
struct Judged {
  std::string snapshot;
  Verdict verdict;
};

// Newest first, by createtxg.
std::vector<OwnSnapshot> own_snapshots(const Dataset& dataset, Naming& naming);

// A verdict for each of `own`, in its order. Throws Error (failed) naming `dataset` when the plugin
// fails, or gives a verdict twice, none, or one for a snapshot that it was not given.
std::vector<Verdict> judge(const std::vector<OwnSnapshot>& own, const std::string& dataset, Retention& retention,
                           std::int64_t now);

}  // namespace czb
