// SPDX-License-Identifier: MIT
// Which names ZFS takes, checked before a command is run with them. Facts: OpenZFS
// module/zcommon/zfs_namecheck.c (entity_namecheck, pool_namecheck, dataset_nestcheck) and
// module/zcommon/zfs_prop.c (zfs_prop_user).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace czb {

// What is wrong with a dataset's full name ("tank/home"), as words that follow "… is not a dataset
// name: "; nothing when it is fine. A name that passes has no leading '-' and none of "@#%".
std::optional<std::string> dataset_name_error(std::string_view name);

// The same for a snapshot's name, the part after '@'.
std::optional<std::string> snapshot_name_error(std::string_view name);

// Why the dataset can have no snapshot of that name, as a whole sentence; both names are fine by themselves.
std::optional<std::string> full_name_error(std::string_view dataset, std::string_view snapshot);

// The same for a property's name: a native one ("compression") or a user's ("com.example:owner").
// Which native properties there are is ZFS's to say.
std::optional<std::string> property_name_error(std::string_view name);

}  // namespace czb
