// SPDX-License-Identifier: MIT
// The command line of `cyber-zfs-backup-receiver setup`: its own options, and those of the receiver, which go into
// authorized_keys as they were given.
#pragma once

#include <string>
#include <vector>

#include "setup/receiver_steps.h"

namespace czb::receiver {

struct SetupOptions {
  setup::ReceiverSetup wanted;
  std::string zfs;     // absolute
  bool apply = false;  // else the steps are only told
  bool help = false;
};

// `words`: behind `setup`. The receiver's own options are checked by its own parser (options.h). Throws Misconfigured.
SetupOptions parse_setup_options(const std::vector<std::string>& words);

std::string setup_help_text();

}  // namespace czb::receiver
