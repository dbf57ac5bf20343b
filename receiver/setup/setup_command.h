// SPDX-License-Identifier: MIT
// `cyber-zfs-backup-receiver setup`: what a new client needs at this host, told or done.
#pragma once

#include <string>
#include <vector>

namespace czb::receiver {

// `words`: behind `setup`. The exit status. Throws Misconfigured for wrong options, and Error (failed) where something
// could not be learnt or done.
int receiver_setup(const std::vector<std::string>& words);

}  // namespace czb::receiver
