// SPDX-License-Identifier: MIT
// What ZFS's own properties are of, and which of them a child does not inherit (zfsprops(7)).
#pragma once

#include <string>

namespace czb::model {

bool applies(const std::string& property, bool to_volume);

// User properties too.
bool is_inherited(const std::string& property);

// zfs receive sees a value of these on every dataset, and takes it for set.
bool is_limit_of_space(const std::string& property);

}  // namespace czb::model
