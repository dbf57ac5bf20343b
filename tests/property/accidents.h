// SPDX-License-Identifier: MIT
// What a history of work alone does not bring: records that are lost or wrong, a target that is away for long, datasets
// without a snapshot in the middle of a tree, clones in folders that are called alike, snapshots in use, read-only
// pools.
#pragma once

#include "converge_world.h"

namespace czb::test {

void befall(ConvergeWorld& world, const Happening& happening);

// Each by itself.
void lose_record(const ConvergeWorld& world);
void falsify_record(const ConvergeWorld& world, unsigned how);
void use_a_snapshot(model::ZfsModel& zfs, const Happening& happening);
void let_go(model::ZfsModel& zfs);  // of all that is in use

// Runs while the target is away: no connection, or its pool is not imported.
void be_away(ConvergeWorld& world, unsigned runs, bool refused, const std::set<Action>& actions,
             const std::function<std::shared_ptr<Retention>()>& policy);

// The name of a snapshot that a dataset of the target continues from and that no record protects; empty: none.
std::string unprotected(const ConvergeWorld& world);

}  // namespace czb::test
