// SPDX-License-Identifier: MIT
// What `cyber-zfs-backup doctor` asks the far side: lines of KEY<TAB>VALUE.
#pragma once

#include <string>

#include "receiver/options.h"

namespace czb::receiver {

// version, mode, root, zfs-version, zpool-health, available (bytes), time (seconds since 1970), user, keep-newest,
// destroy-limit, max-stream, quota ("-": none), missing-permissions, missing-property-permissions,
// missing-permissions-for-encrypted (separated by commas; "-": none). What could not be learnt is "?".
std::string report(const Options& options);

}  // namespace czb::receiver
