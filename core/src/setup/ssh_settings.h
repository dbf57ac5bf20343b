// SPDX-License-Identifier: MIT
// What ssh would do for a destination, as `ssh -G` prints it. No I/O.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace czb::setup {

struct SshSettings {
  std::string host_name;
  std::string port;
  std::string user;
  std::string alias;                          // HostKeyAlias, which stands in known_hosts instead of name and port
  bool through_proxy = false;                 // ProxyJump or ProxyCommand
  std::vector<std::string> identity_files;    // as printed: '~' is not replaced
  std::vector<std::string> user_known_hosts;  // absolute
  std::vector<std::string> all_known_hosts;   // the user's and the system's
  std::string strict_host_key_checking;       // "true", "ask", "false", "accept-new" …
};

// `ssh [-F CONFIG] [-o OPTION]… -G DESTINATION`.
std::vector<std::string> show_settings_command(const std::string& program, const std::string& config,
                                               const std::vector<std::string>& options, const std::string& destination);

// Throws Error (failed) where the host's name or port is not there or could be taken for an option.
SshSettings parse_settings(std::string_view printed);

// The name that known_hosts has for this host: the alias; or the name; or "[NAME]:PORT" for another port than 22.
std::string known_hosts_name(const SshSettings& settings);

// The configuration that setup writes for one host, and that includes the system's own for all else. `host_name` and
// `port` may be empty: then ssh's defaults hold.
std::string ssh_config_text(const std::string& host, const std::string& host_name, const std::string& port,
                            const std::string& user, const std::string& key, const std::string& known_hosts);

}  // namespace czb::setup
