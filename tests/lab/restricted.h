// SPDX-License-Identifier: MIT
// Targets that take a key's restricted command only, and programs that run as a user who is not root: what the tests of
// non-root operation are written with. What is allowed is what zfs/permissions.h says, no more.
#pragma once

#include "lab.h"
#include "zfs/permissions.h"

namespace czb::lab {

// The system user of both sides. Made by whatever here needs it.
inline const std::string system_user = "cyber-zfs-backup";
void ensure_system_user();

// `zfs allow` for the system user. A role's permissions are those for an encrypted tree.
void allow(const Permissions& permissions, const std::string& dataset);
void allow(ZfsRole role, const std::string& dataset);
// All that the system user, and whoever creates a dataset, was allowed on it.
void unallow(const std::string& dataset);

// The command, run as the system user, without groups, with that user's home.
Words non_root(const Words& command);

// An ssh_config whose "offsite" logs in to this machine as the system user, with a key of its own that runs the
// receiver from the build tree: `--root ROOT` and these options. Each call makes another key. The files belong to the
// system user, so that both that user and root can use them. The receiver's role is allowed on the root's parent: the
// root need not exist.
std::string restricted_ssh_config(const std::string& root, const Words& options = {});

}  // namespace czb::lab
