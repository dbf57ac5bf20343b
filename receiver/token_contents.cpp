// SPDX-License-Identifier: MIT
#include "receiver/token_contents.h"

#include <algorithm>

namespace czb::receiver {

std::optional<std::string> token_snapshot(std::string_view said) {
  constexpr std::string_view beginning = "\ttoname = ";
  std::optional<std::string> snapshot;
  while (!said.empty()) {
    const std::string_view line = said.substr(0, said.find('\n'));
    said.remove_prefix(std::min(said.size(), line.size() + 1));
    if (line.substr(0, beginning.size()) != beginning) continue;
    if (snapshot) return std::nullopt;
    snapshot = line.substr(beginning.size());
  }
  return snapshot && snapshot->find('@') != std::string::npos ? snapshot : std::nullopt;
}

}  // namespace czb::receiver
