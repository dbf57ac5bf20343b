// SPDX-License-Identifier: MIT
// Whether a plugin's descriptor fits this program. Pure: reads the descriptor and calls nothing in it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "cyber-zfs-backup/abi.h"

namespace czb {

// The first thing that does not fit, in words that follow "the plugin FILE ": "was built for plugin
// ABI 2.0, …". `file_name` is what the file is called ("transport-ssh.so").
//
// Order: magic, ABI major, ABI minor, size, toolchain, kind, id and file name, version, licence and
// summary, option table, create and destroy. Each is looked at only when those before it fit, because
// they say what the rest looks like.
std::optional<std::string> descriptor_problem(const PluginDescriptor& descriptor, std::string_view file_name);

// "transport-ssh.so"
std::string plugin_file_name(PluginKind kind, std::string_view id);

}  // namespace czb
