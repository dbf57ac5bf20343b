// SPDX-License-Identifier: MIT
// transport-local: commands run on this machine.
#include "local_transport.h"

CZB_PLUGIN_ENTRY {
  static constexpr czb::PluginDescriptor descriptor = czb::transport_descriptor<czb::local::LocalTransport>(
      "local", "1.0.0", "MIT", "commands run on this machine, with sudo if asked for", czb::local::option_table);
  return &descriptor;
}
