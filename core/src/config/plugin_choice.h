// SPDX-License-Identifier: MIT
// Reads the keys that choose a plugin: `naming: rfc3339` or `naming: {plugin: rfc3339, OPTION: …}`.
#pragma once

#include <string>
#include <string_view>

#include "config/config.h"
#include "config/yaml_reader.h"

namespace czb {

// The choice under `key` of `map`. Absent: `default_id` without options; a map without `plugin` means
// default_id too. Options are kept as written, for the registry to check. Throws Error (usage).
PluginChoice read_plugin_choice(const std::string& path, const YamlMap& map, std::string_view key,
                                std::string_view default_id);

// An ssh transport that names no `destination` goes to the host of the target's name.
void default_ssh_destination(PluginChoice& transport, const std::string& target_name);

// A text that two choices share exactly when they mean the same: plugin and options, in any order.
// Origins do not count.
std::string identity_of(const PluginChoice& choice);

// [a-z0-9-]+, at most 64: it becomes part of a file's name.
bool is_plugin_id(std::string_view id);

}  // namespace czb
