// SPDX-License-Identifier: MIT
// How libzfs finds what is here by guids.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "libzfs/pool.h"

namespace czb::libzfs {

// guid_to_name: the first dataset or snapshot that has the guid, in `parent` and below first, then in larger and larger
// parts, up to the whole pool. Leaves out what it has searched by the last part of its name, wherever that name is.
std::optional<std::string> guid_to_name(const Pool& pool, const std::string& parent, Guid guid);

// What gather_nvlist lists of a dataset here.
struct Gathered {
  std::string name;
  Guid parent_from = 0;  // of the parent's snapshot named like the stream's base; 0: it has none, or it is the first
  Guid origin = 0;
  std::vector<std::pair<std::string, Guid>> snapshots;  // oldest first
};

// A dataset, and where `recursive` what is below it, each before its children. Empty: it is not there.
std::vector<Gathered> gather(const Pool& pool, const std::string& dataset, const std::string& from, bool recursive);

}  // namespace czb::libzfs
