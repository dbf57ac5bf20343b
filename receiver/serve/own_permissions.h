// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "receiver/options.h"

namespace czb::receiver {

// What the user that this runs as lacks of what the key's mode needs (zfs/permissions.h). Each is separated by commas;
// "-" for nothing, which root never lacks; "?" where zfs does not tell.
struct OwnPermissions {
  std::string missing;             // without it commands fail, or properties that are forced are not in effect
  std::string missing_properties;  // without it properties that the source has of its own stay behind
  std::string missing_encrypted;   // without it a tree of which some is encrypted cannot be received
  bool may_send = false;           // and so can see which key a dataset has
};
OwnPermissions missing_own_permissions(const Options& options);

// The user's name, or its number where it has none.
std::string own_user_name();

}  // namespace czb::receiver
