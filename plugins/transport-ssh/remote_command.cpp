// SPDX-License-Identifier: MIT
#include "remote_command.h"

#include "cyber-zfs-backup/shell_quote.h"

namespace czb::ssh {

std::string remote_command(const std::vector<std::string>& argv, bool use_sudo) {
  std::string command(remote_prefix);
  if (use_sudo) command += remote_sudo;
  command += shell_quote_command(argv);
  return command;
}

}  // namespace czb::ssh
