// SPDX-License-Identifier: MIT
// What `zfs send -nvt TOKEN` says of a resume token.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace czb::receiver {

struct TokenContents {
  std::string snapshot;    // full name of the one that it finishes
  std::uint64_t guid = 0;  // by which zfs send finds it, wherever it is
  bool raw = false;
  bool saved = false;  // of a partly received state, not of a snapshot
};

// From "<TAB>toname = …" and so on. Nothing unless name and guid are there exactly once.
std::optional<TokenContents> token_contents(std::string_view said);

}  // namespace czb::receiver
