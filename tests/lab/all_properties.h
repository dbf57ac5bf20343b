// SPDX-License-Identifier: MIT
// What ZFS tells of all that a tree has, in as little time as it can be had.
#pragma once

#include <string>

namespace czb::lab {

struct AllProperties {
  std::string stated;  // `zfs get -H -p -o name,property,value,source`, a line each
  std::string
      received;  // `zfs get -H -p -o name,property,received` of what has been sent properties; nothing else has any
  std::string error;  // what zfs said of a root that does not exist, say
};

// Of a root and all below it, with snapshots and bookmarks.
AllProperties all_properties(const std::string& root);

}  // namespace czb::lab
