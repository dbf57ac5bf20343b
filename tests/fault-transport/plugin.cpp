// SPDX-License-Identifier: MIT
// transport-fault: commands run on this machine, and what may go wrong with a link does so on demand. For tests.
#include "fault_transport.h"

CZB_PLUGIN_ENTRY {
  static constexpr czb::PluginDescriptor descriptor = czb::transport_descriptor<czb::fault::FaultTransport>(
      "fault", "1.0.0", "MIT", "commands run on this machine, with one fault on demand: for tests",
      czb::fault::option_table);
  return &descriptor;
}
