// SPDX-License-Identifier: MIT
// Where a dataset is to be received: the dataset above it. Pure.
#pragma once

#include <string>
#include <string_view>

namespace czb {

struct ReceivePlace {
  std::string dataset;          // full name
  std::string encryption_root;  // of it, and so of what is made in it; empty: it does not encrypt
  bool key_is_loaded = true;    // of that root
};

// What place_command (zfs/commands.h) prints. Throws Error (failed) where it is no such line.
ReceivePlace parse_place(std::string_view output, const std::string& dataset);

}  // namespace czb
