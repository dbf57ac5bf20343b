// SPDX-License-Identifier: MIT
// What the source is to remember of a target (adr/0019). Pure.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "plan/push.h"
#include "plan/step.h"
#include "zfs/inventory.h"

namespace czb {

// Before a plan is carried out: what both have, and all that may arrive by it, also by a part of it. Nothing where it
// sends nothing, or where that is recorded already. `target` is as it was seen when the plan was made.
std::optional<RecordBase> record_before(const Inventory& source, const Inventory& target,
                                        const std::string& target_name, const PushPlan& plan);

// After it: what the target was seen to have then. Nothing where that is recorded, or there is nothing in common.
std::optional<RecordBase> record_after(const Inventory& source, const Inventory& target,
                                       const std::string& target_name);

// The targets that records among these user properties are of, but for the `known` ones.
std::vector<std::string> records_beside(const std::set<std::string>& known, const std::set<std::string>& properties);

// Whether a push to a target of that name was begun once, as a record or a bookmark of ours shows.
bool was_pushed_to(const Inventory& source, const std::string& target_name);

}  // namespace czb
