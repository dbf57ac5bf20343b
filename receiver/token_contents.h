// SPDX-License-Identifier: MIT
// What `zfs send -nvt TOKEN` says of a resume token.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace czb::receiver {

// The full name of the snapshot that it finishes ("<TAB>toname = …"); nothing unless it is there exactly once.
std::optional<std::string> token_snapshot(std::string_view said);

}  // namespace czb::receiver
