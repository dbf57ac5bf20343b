// SPDX-License-Identifier: MIT
// What a key is for: the options that stand in authorized_keys.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "naming-rfc3339/rfc3339_name.h"
#include "zfs/receiver.h"
#include "zfs/user_properties.h"

namespace czb::receiver {

using Mode = ReceiverMode;

struct Options {
  std::string root;  // the dataset that all of this key's lie in
  Mode mode = Mode::append_only;
  unsigned keep_newest = 3;      // snapshots of each dataset that mirror mode never destroys
  unsigned destroy_limit = 25;   // percent of a dataset's snapshots that may go in a day
  unsigned sessions = 16;        // requests that may go on at once for the root
  std::uint64_t max_stream = 0;  // bytes of one stream; 0: any
  std::uint64_t quota = 0;       // bytes that may lie in the root where it has no quota of its own; 0: any number
  bool unbounded = false;        // that there is no quota was said
  OwnNames own_names;            // user properties that are kept under their own names
  std::string naming_prefix;
  std::string naming_suffix;
  rfc3339::NameFormat naming;  // made of these two
  std::string state = "/var/lib/cyber-zfs-backup/receiver";
  std::string zfs;  // absolute path
  bool help = false;
  bool version = false;
};

// `words`: without the program's name. Throws Misconfigured. Without --zfs the first zfs of /usr/sbin, /sbin and
// /usr/local/sbin is taken; `zfs` stays empty where there is none.
Options parse_options(const std::vector<std::string>& words);

// Each option as it is typed, "--root"; without those of one letter.
std::vector<std::string> option_names();

std::string help_text();

}  // namespace czb::receiver
