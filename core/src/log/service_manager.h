// SPDX-License-Identifier: MIT
// What `systemctl status` shows of a run, by the protocol of sd_notify(3).
#pragma once

#include <string>

namespace czb {

// Tells the service manager that started this process what it is at, in one line. Does nothing where no service manager
// listens (no NOTIFY_SOCKET in the environment), and never fails or waits: nobody depends on it.
void tell_service_manager(const std::string& status);

}  // namespace czb
