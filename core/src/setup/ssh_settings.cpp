// SPDX-License-Identifier: MIT
#include "setup/ssh_settings.h"

#include <algorithm>

#include "error.h"
#include "setup/lines.h"

namespace czb::setup {
namespace {

void add_files(std::string_view list, std::vector<std::string>& files) {
  for (const std::string_view word : words_of(list))
    if (word != "none") files.emplace_back(word);
}

bool is_none(std::string_view value) { return value.empty() || value == "none"; }

}  // namespace

std::vector<std::string> show_settings_command(const std::string& program, const std::string& config,
                                               const std::vector<std::string>& options,
                                               const std::string& destination) {
  std::vector<std::string> argv = {program, "-G"};
  if (!config.empty()) argv.insert(argv.end(), {"-F", config});
  for (const std::string& option : options) argv.insert(argv.end(), {"-o", option});
  argv.insert(argv.end(), {"--", destination});
  return argv;
}

SshSettings parse_settings(std::string_view printed) {
  SshSettings settings;
  for (const std::string_view line : lines_of(printed)) {
    const auto words = words_of(line);
    if (words.size() < 2) continue;
    const std::string_view keyword = words.front();
    const std::string_view value = behind_first_word(line);
    if (keyword == "hostname") settings.host_name = value;
    if (keyword == "port") settings.port = value;
    if (keyword == "user") settings.user = value;
    if (keyword == "hostkeyalias" && !is_none(value)) settings.alias = value;
    if (keyword == "proxyjump" || keyword == "proxycommand") settings.through_proxy |= !is_none(value);
    if (keyword == "identityfile") settings.identity_files.emplace_back(value);
    if (keyword == "userknownhostsfile") add_files(value, settings.user_known_hosts);
    if (keyword == "globalknownhostsfile") add_files(value, settings.all_known_hosts);
    if (keyword == "stricthostkeychecking") settings.strict_host_key_checking = value;
  }
  settings.all_known_hosts.insert(settings.all_known_hosts.begin(), settings.user_known_hosts.begin(),
                                  settings.user_known_hosts.end());
  const bool port = !settings.port.empty() && settings.port.find_first_not_of("0123456789") == std::string::npos;
  if (settings.host_name.empty() || settings.host_name.front() == '-' || !port)
    throw Error(ExitCode::failed, "ssh -G does not say which host and port it would connect to");
  return settings;
}

std::string known_hosts_name(const SshSettings& settings) {
  std::string name = settings.alias.empty() ? settings.host_name : settings.alias;
  for (char& c : name)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return settings.alias.empty() && settings.port != "22" ? "[" + name + "]:" + settings.port : name;
}

std::string ssh_config_text(const std::string& host, const std::string& host_name, const std::string& port,
                            const std::string& user, const std::string& key, const std::string& known_hosts) {
  std::string text =
      "# ssh configuration for cyber-zfs-backup, written by `cyber-zfs-backup setup`.\n\n"
      "Host " +
      host + "\n";
  text += host_name.empty() ? "    # HostName backup.example.org\n" : "    HostName " + host_name + "\n";
  if (!port.empty()) text += "    Port " + port + "\n";
  text += "    User " + user + "\n    IdentityFile " + key + "\n    IdentitiesOnly yes\n    UserKnownHostsFile " +
          known_hosts +
          "\n    StrictHostKeyChecking yes\n\n"
          "# What the system's configuration says holds for all else.\n"
          "Match all\n    Include /etc/ssh/ssh_config\n";
  return text;
}

}  // namespace czb::setup
