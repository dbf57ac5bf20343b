// SPDX-License-Identifier: MIT
// Turns "these snapshots of these datasets" into as few `zfs destroy` processes as are exact.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "plan/step.h"
#include "zfs/inventory.h"

namespace czb {

// Relative name → names of the snapshots that shall go.
using Doomed = std::map<std::string, std::set<std::string>>;

// The longest `dataset@a,b,c` word that a batch may have: the kernel takes 128 KiB for one word, and
// over ssh the whole command is one word, quoted.
inline constexpr std::size_t longest_destroy_word = 96 * 1024;

// A name that every dataset of a subtree that has it shall lose, and that the subtree's top has, goes
// in one recursive batch at that top; the rest goes dataset by dataset. Nothing but `doomed` is
// destroyed. Oldest snapshots first; batches are split at `longest_word` bytes.
std::vector<DestroySnapshots> destroy_batches(Side side, const Inventory& inventory, const Doomed& doomed,
                                              std::size_t longest_word = longest_destroy_word);

}  // namespace czb
