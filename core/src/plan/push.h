// SPDX-License-Identifier: MIT
// How the target's tree comes to hold the source's snapshots. Pure.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "config/config.h"
#include "error.h"
#include "plan/outcome.h"
#include "plan/step.h"
#include "zfs/inventory.h"

namespace czb {

struct DatasetPlan {
  std::string relative;  // below the source's root
  Outcome outcome = Outcome::up_to_date;
  std::string why;                 // of kept_back; of healed: what was wrong
  ExitCode code = ExitCode::ok;    // of kept_back: ok where it only waits
  std::string goal;                // the snapshot up to which the sides shall agree; empty: none
  std::vector<Step> steps;         // in this order; the first that fails ends them
  std::vector<std::string> after;  // datasets whose steps must have gone well before (parent, clone's origin)
  std::vector<Step> then;          // after the stream of the tree: what that one does not carry
};

struct PushPlan {
  std::vector<DatasetPlan> datasets;  // parents before children
  std::optional<SendTree> send;       // the one stream for the tree: after the steps above, if they went well
  std::string to;                     // the root's snapshot that both sides hold after it; empty when refused
  bool unfinished = false;            // what waits for these steps needs another plan after them
  std::vector<std::string> notes;     // what waits or is left alone, and why
  std::vector<std::string> warnings;  // what stays wrong until somebody does something
  std::vector<std::string> at_rest;   // more of those: how it will lie there; a later round does not know it any more
  std::vector<std::string> errors;   // of datasets that have snapshots and cannot be sent, though nothing is in the way
  ExitCode code = ExitCode::ok;      // refused as a whole: nothing may be sent
  std::vector<std::string> refusal;  // one sentence per problem: of the whole, or of datasets that are kept back
};

struct PushOptions {
  bool allow_full = false;                      // the first full send was asked for
  bool allow_tree = true;                       // false: a stream of the whole tree has failed in this run
  std::string tree_failure;                     // why; empty: it has not
  std::map<std::string, LeftAlone> left_alone;  // datasets of the source
  std::set<std::string> in_full;                // of which it was seen that they cannot arrive as clones
};

// Compares the sides dataset by dataset, by guid:
// - Where the tree shares one base, one replication stream from it brings all to the newest snapshot.
// - Datasets that are behind it, or missing, are first brought to that base one by one: the rest of an interrupted
//   stream, a full stream, or an increment from their own newest common snapshot or a bookmark of it.
// - Snapshots that a dataset has beside the tree's newest go after it, in an increment of that dataset.
// - Where no such stream is legal (OPENZFS: it would fail half-way), every dataset goes by itself.
// Refuses as a whole:
//   needs_person  the roots have data and none in common, or the target's went its own way
//   refused       a first full send that was not asked for
//   failed        the source's root has no snapshot
// and keeps single datasets back for the same reasons; their siblings go on.
// `target` is as plan_preparation (plan/prepare.h) leaves it.
PushPlan plan_push(const Inventory& source, const Inventory& target, const TargetConfig& config,
                   const PushOptions& options);

}  // namespace czb
