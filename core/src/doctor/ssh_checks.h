// SPDX-License-Identifier: MIT
// The links of an ssh connection that lie on this machine: configuration, key, known host key. The one place of the
// core that knows the bundled transport plugin `ssh` and its options.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "doctor/finding.h"
#include "doctor/surroundings.h"

namespace czb::doctor {

// What the plugin's options say, as they were written.
struct SshOptions {
  std::string program = "ssh";
  std::string destination;
  std::string config;  // empty: ssh's own
  std::vector<std::string> options;
};

SshOptions ssh_options(const PluginChoice& transport);

// What `ssh -G` prints: keyword in lower case → its values, in their order.
using SshSettings = std::map<std::string, std::vector<std::string>>;
SshSettings parse_ssh_settings(std::string_view output);

// The name by which the known_hosts files know the host.
std::string known_name(const SshSettings& settings);

// `ssh-config`, `ssh-key` and `host-key`. Connects nowhere.
void check_ssh(const PluginChoice& transport, Findings& findings, const Surroundings& here);

}  // namespace czb::doctor
