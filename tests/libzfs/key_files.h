// SPDX-License-Identifier: MIT
// The files that the receiver keeps of keys (receiver/keys/key_pins.h).
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "libzfs/pool.h"

namespace czb::libzfs {

using KeyFiles = std::map<std::string, std::string>;  // by path

inline const std::string state_folder = "/nonexistent";
// All are wrapped in the same way, as far as can be told.
inline const std::string wrapping = "1:0:0";

std::string key_file_path(const std::string& dataset);

// The key's number stands for all that is wrapped.
std::string fingerprint_of(std::uint64_t key);

// As if all of a tree had come through the receiver, each as what it is.
KeyFiles key_files_of(const Pool& pool, const std::string& top);

}  // namespace czb::libzfs
