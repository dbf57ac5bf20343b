// SPDX-License-Identifier: MIT
// How the target's tree comes to hold the source's snapshots. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/config.h"
#include "error.h"
#include "plan/step.h"
#include "zfs/inventory.h"

namespace czb {

struct PushPlan {
  std::optional<SendTree> send;      // absent: nothing to send, or refused
  std::string to;                    // the snapshot that both sides hold after it; empty when refused
  std::vector<std::string> notes;    // what is kept back or left alone, and why
  ExitCode code = ExitCode::ok;      // not ok: refused, nothing may be sent
  std::vector<std::string> refusal;  // one sentence per problem
};

// Chooses one replication stream from the newest base that every dataset shares (OPENZFS: a stream
// of any other shape fails half-way and leaves the tree uneven), or refuses:
//   needs_person  both sides have data and none in common, or the target has newer snapshots of its own
//   refused       a first full send that was not asked for
//   failed        the tree is uneven: which dataset lacks what
// `allow_full`: the first full send was asked for.
PushPlan plan_push(const Inventory& source, const Inventory& target, const TargetConfig& config, bool allow_full);

}  // namespace czb
