// SPDX-License-Identifier: MIT
// What an inventory looks like after a step, if the step does what it says. A run uses it for what
// it need not observe again; a dry run for everything.
#pragma once

#include "plan/push.h"
#include "plan/step.h"
#include "zfs/inventory.h"

namespace czb {

// The new snapshots have guid 0: it is not known before they are taken.
void predict(const TakeSnapshot& step, Inventory& source);

// `inventory` is that of the step's side.
void predict(const DestroySnapshots& step, Inventory& inventory);

void predict(const SendTree& step, const Inventory& source, Inventory& target);
void predict(const SendDataset& step, const Inventory& source, Inventory& target);
void predict(const ResumeSend& step, const Inventory& source, Inventory& target);

// Every step of the plan.
void predict(const PushPlan& plan, const Inventory& source, Inventory& target);

void predict(const AbortReceive& step, Inventory& target);
void predict(const RenameDataset& step, Inventory& target);
void predict(const RenameSnapshot& step, Inventory& target);
void predict(const PromoteDataset& step, Inventory& target);
void predict(const RollBack& step, Inventory& target);
void predict(const DestroyDataset& step, Inventory& target);

void predict(const RecordBase& step, Inventory& source);
void predict(const DestroyBookmark& step, Inventory& source);

}  // namespace czb
