// SPDX-License-Identifier: MIT
// What a resume token stands for, from the words of `zfs send -nvt TOKEN`.
#pragma once

#include <optional>

#include "process/command.h"
#include "zfs/inventory.h"

namespace czb {

// Nothing when the output is not understood: then the token is of no use. With `problem` set when the command failed:
// the snapshot, or the one it begins from, is gone or another one now.
std::optional<PartialReceive> parse_token_contents(const Completed& completed);

}  // namespace czb
