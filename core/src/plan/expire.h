// SPDX-License-Identifier: MIT
// Which snapshots of the source expire. Pure: inventories, the two plugins and the clock in, a plan
// out; both plugins are pure too.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "cyber-zfs-backup/naming.h"
#include "cyber-zfs-backup/retention.h"
#include "plan/judge.h"
#include "plan/spared.h"
#include "plan/step.h"
#include "zfs/inventory.h"

namespace czb {

struct ExpireRequest {
  std::int64_t now = 0;  // seconds since the epoch
  unsigned destroy_limit_percent = 25;
  bool force_destroy_lots = false;
  std::vector<std::string> others;           // who else works on these datasets (plan/force_advice.h)
  std::vector<std::string> strange_records;  // targets that the source has records of, and this job has not
  bool explain = false;                      // fill ExpirePlan::verdicts
  // The snapshots are somebody else's who sends them here. One that arrived after another and claims to be older may be
  // made up to take an older one's place in the policy: it is left out of it, and stays. Nor is it counted where
  // `destroy_limit_percent` is: many of them would let more of the others go at once.
  bool received = false;
  // What is recorded of each target (RecordBase): the base is kept in every dataset, and what may have arrived since,
  // where the target is not among those below.
  std::map<std::string, TargetRecord> records;
  // The targets that could be observed, target → its inventory: the newest common one is kept.
  std::map<std::string, const Inventory*> targets;
};

struct ExpirePlan {
  std::vector<DestroySnapshots> steps;
  std::size_t count = 0;              // snapshots that go
  std::vector<Spared> spared;         // guards, holds, clones
  std::vector<std::string> refusals;  // a sentence for each dataset that is left alone
  std::vector<Judged> verdicts;       // every one, when asked for
};

// Throws Error (failed) when the retention plugin fails or does not give exactly one verdict for each
// snapshot it was given.
ExpirePlan plan_expire(const Inventory& source, Naming& naming, Retention& retention, const ExpireRequest& request);

}  // namespace czb
