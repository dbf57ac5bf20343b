// SPDX-License-Identifier: MIT
// Datasets that the target still holds under the names that they had at the source. Pure.
#pragma once

#include <optional>
#include <string>

#include "zfs/inventory.h"

namespace czb {

// Whether what the target has as `relative` is not what the source has under that name.
bool is_misplaced(const Inventory& source, const Inventory& target, const std::string& relative);

// The name under which the target has the snapshots of the source's `relative`, which it lacks. Nothing where it has
// them nowhere, or where they mean another dataset.
std::optional<std::string> name_before_rename(const Inventory& source, const Inventory& target,
                                              const std::string& relative);

// Whether `zfs receive` of a replication stream (-R) would rename something at the target: it gives what it knows by
// guid the name that the stream has for it, datasets and snapshots (libzfs_sendrecv.c, recv_incremental_replication).
bool stream_would_rename(const Inventory& source, const Inventory& target);

}  // namespace czb
