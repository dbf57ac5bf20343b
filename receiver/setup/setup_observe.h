// SPDX-License-Identifier: MIT
// What is there at this host, for setup/receiver_steps.h.
#pragma once

#include <string>

#include "setup/receiver_steps.h"

namespace czb::receiver {

// `zfs`: the program that is asked. What a user who is not root may not look at counts as: not locked, and sshd not
// asked. Throws Error (failed).
setup::ReceiverState observe_receiver(const setup::ReceiverSetup& wanted, const std::string& zfs);

}  // namespace czb::receiver
