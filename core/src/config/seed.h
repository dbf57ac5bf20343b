// SPDX-License-Identifier: MIT
// The one job that the seed program's command line describes.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/config.h"

namespace czb {

// As given; what is absent has the seed's default.
struct SeedOptions {
  std::optional<std::string> dataset;              // HOST/HOST
  std::vector<std::string> retention_policy;       // DAYS WEEKS MONTHS; empty: 31 12 36
  std::optional<std::string> ssh_destination;      // offsite
  std::optional<std::string> zfs_receive_dataset;  // offsite/HOST
  std::optional<std::string> ssh_config;           // ssh's own
  bool use_sudo = false;

  bool any() const {
    return dataset || !retention_policy.empty() || ssh_destination || zfs_receive_dataset || ssh_config || use_sudo;
  }
};

// `host`: the unqualified host name. Throws Error (usage) that names the option.
Config seed_config(const SeedOptions& options, const std::string& host);

// This machine's host name up to the first dot.
std::string unqualified_host_name();

}  // namespace czb
