// SPDX-License-Identifier: MIT
// A Process that is given back when its holder goes.
#pragma once

#include <memory>

#include "cyber-zfs-backup/transport.h"

namespace czb {

struct ReleaseProcess {
  void operator()(Process* process) const noexcept { process->release(); }
};
using ProcessPointer = std::unique_ptr<Process, ReleaseProcess>;

}  // namespace czb
