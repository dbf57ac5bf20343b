// SPDX-License-Identifier: MIT
// The transport to this machine: commands are started as they are, or with `sudo -n` before them.
#pragma once

#include "cyber-zfs-backup/prefix_transport.h"

namespace czb::local {

inline constexpr OptionSpec option_table[] = {
    option("use-sudo", OptionType::boolean, "false", "run commands as root, through `sudo -n`"),
};

class LocalTransport final : public PrefixTransport {
 public:
  explicit LocalTransport(const CreateArguments& arguments);
};

}  // namespace czb::local
