// SPDX-License-Identifier: MIT
// The one place where code of a plugin enters this process.
#pragma once

#include <string>

#include "cyber-zfs-backup/abi.h"

namespace czb {

// Loads the shared object at `path` (absolute, and trusted by now) for the rest of the process's life,
// all symbols resolved and none of them offered to others, and asks its entry function for the
// descriptor. Throws Error (usage) with the loader's words. The descriptor is yet unchecked.
const PluginDescriptor& load_descriptor(const std::string& path);

}  // namespace czb
