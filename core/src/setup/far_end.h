// SPDX-License-Identifier: MIT
// Which far ends the jobs of a configuration reach over ssh, and what a receiver there has to serve. No I/O.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/config.h"
#include "setup/grants.h"

namespace czb::setup {

// What travels over one ssh connection: a destination with its options, and so one key.
struct FarEnd {
  std::string destination;            // as ssh is given it
  std::optional<std::string> config;  // ssh -F
  std::vector<std::string> options;   // further ones, each as behind ssh's -o
  std::string program = "ssh";
  std::vector<std::string> users;     // "target offsite of job home", for messages
  std::vector<std::string> datasets;  // there, sorted
  bool pushed_to = false;
  bool pulled_from = false;
  PluginChoice transport;  // for the test of the connection
};

// One for each ssh destination, in the order of the configuration. Throws Error (usage), with the origin, for a
// destination that ssh would take for something else.
std::vector<FarEnd> far_ends_of(const Config& config);

// The host in a destination, which a Host line of the ssh configuration has to match: "offsite" of "root@offsite" and
// of "ssh://root@offsite:22". Throws Error (usage) where it holds what a Host line would read as a pattern.
std::string host_in(const std::string& destination);

// The dataset that the receiver is restricted to. `wished`: --root. Throws Error (usage) where one key could not reach
// all of the datasets, or would reach more than was asked for.
std::string root_of(const FarEnd& far_end, const std::optional<std::string>& wished);

// `wished`: --mode; else pull or append-only. Throws Error (usage) where one key would have to do both.
Mode mode_of(const FarEnd& far_end, const std::optional<std::string>& wished);

}  // namespace czb::setup
