// SPDX-License-Identifier: MIT
// Reads a YAML configuration file into a Config.
#pragma once

#include <string>

#include "config/config.h"

namespace czb {

// Reads the file. Throws Error (usage) naming file, line, column, the key and what was expected.
// Relative defaults: a job's dataset defaults to HOST/HOST, a target's to offsite/HOST, `host` being
// the unqualified host name.
Config load_yaml_file(const std::string& path, const std::string& host);

// The same from text; `path` is for messages only.
Config load_yaml_text(const std::string& text, const std::string& path, const std::string& host);

// The effective configuration as YAML that load_yaml_text reads back to the same Config.
std::string to_yaml(const Config& config);

}  // namespace czb
