// SPDX-License-Identifier: MIT
// What the user chose, and the ssh command lines that follow from it. Pure but for read_settings, which looks whether
// the configuration file can be read.
//
// ssh takes the first value that it meets for an option: what must hold (BatchMode, no forwarding, one connection …)
// stands first on the command line, the user's `options` behind it, the configuration file comes last.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "cyber-zfs-backup/plugin.h"

namespace czb::ssh {

inline constexpr OptionSpec option_table[] = {
    required_option("destination", OptionType::string,
                    "where to: [user@]host, a Host of the ssh configuration, or ssh://…"),
    option("config", OptionType::string, nullptr,
           "ssh configuration file instead of the user's and the system's (ssh -F)"),
    option("use-sudo", OptionType::boolean, "false", "run far commands as root, through `sudo -n`"),
    option("options", OptionType::string_list, nullptr, "further ssh options, each as after -o: [\"Compression=yes\"]"),
    option("connect-timeout", OptionType::duration, "30", "how long ssh tries to connect"),
    option("alive-interval", OptionType::duration, "15", "ask a silent server for a sign of life this often; 0: never"),
    option("alive-count", OptionType::integer, "4", "give the connection up after so many unanswered questions"),
    option("program", OptionType::string, "ssh", "the OpenSSH client, 8.7 or newer"),
};

struct Settings {
  std::string destination;
  std::string config;  // absolute; empty: ssh's own defaults
  bool use_sudo = false;
  std::vector<std::string> options;
  std::chrono::seconds connect_timeout{30};
  std::chrono::seconds alive_interval{15};
  std::int64_t alive_count = 4;
  std::string program = "ssh";
  std::string run_directory;
  int interrupt_descriptor = -1;
};

// Throws std::invalid_argument, with a sentence that names the option, for what ssh could not use.
Settings read_settings(const CreateArguments& arguments);

// The master: connects, authenticates, then listens on `socket` for sessions. Stays in the foreground, starts nothing.
std::vector<std::string> master_argv(const Settings& settings, const std::string& socket);

// One command through the master. Reads no configuration file (-F none: nothing in one is of use to a session, and its
// RemoteCommand or ForkAfterAuthentication would do harm), and cannot connect by itself: where there is no master, ssh
// falls back to a connection of its own, and ProxyCommand=false ends that at once.
std::vector<std::string> session_argv(const Settings& settings, const std::string& socket, const std::string& command);

// What a person would type to run the same.
std::vector<std::string> manual_argv(const Settings& settings, const std::string& command);

}  // namespace czb::ssh
