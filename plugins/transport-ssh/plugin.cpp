// SPDX-License-Identifier: MIT
// transport-ssh: commands run on another host, over one ssh connection.
#include "ssh_transport.h"

CZB_PLUGIN_ENTRY {
  static constexpr czb::PluginDescriptor descriptor = czb::transport_descriptor<czb::ssh::SshTransport>(
      "ssh", "1.0.0", "MIT", "commands run on another host, over one OpenSSH connection", czb::ssh::option_table);
  return &descriptor;
}
