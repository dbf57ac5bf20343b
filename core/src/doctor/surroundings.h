// SPDX-License-Identifier: MIT
// What doctor takes from the machine that it runs on; tests give another.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "cyber-zfs-backup/transport.h"

namespace czb::doctor {

struct Surroundings {
  std::shared_ptr<Transport> tools;     // runs ssh, ssh-keygen and systemctl here, as they are
  std::function<std::int64_t()> clock;  // seconds since the epoch
  uid_t user = 0;                       // effective
  std::string user_name;                // "root"
  std::string home;                     // by the user database, as ssh takes it; without '/' at the end
  bool has_agent = false;               // SSH_AUTH_SOCK is set
  bool runs_systemd = false;            // systemd is process 1
  std::function<std::vector<std::string>()> lock_folders;  // lock_directories()
  std::string receiver_state;                              // the folder of a receiver's locks on this machine
};

Surroundings this_machine();

}  // namespace czb::doctor
