// SPDX-License-Identifier: MIT
// What concerns this machine, and no job alone: plugins, the timer, and as whom doctor runs.
#pragma once

#include <string>
#include <vector>

#include "doctor/finding.h"
#include "doctor/surroundings.h"
#include "plugin/registry.h"

namespace czb::doctor {

// `plugins`. `used`: files that the configuration needs ("transport-ssh.so").
void judge_plugins(const std::vector<PluginListing>& listings, const std::string& folder,
                   const std::vector<std::string>& used, Findings& findings);

// `timer` and `user`: whether systemd starts the backup, and as the user that doctor runs as.
void check_timer(Findings& findings, const Surroundings& here);

}  // namespace czb::doctor
