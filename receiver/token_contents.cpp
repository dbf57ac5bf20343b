// SPDX-License-Identifier: MIT
#include "receiver/token_contents.h"

#include <algorithm>
#include <charconv>
#include <map>

namespace czb::receiver {

std::optional<TokenContents> token_contents(std::string_view said) {
  std::multimap<std::string_view, std::string_view> values;
  while (!said.empty()) {
    std::string_view line = said.substr(0, said.find('\n'));
    said.remove_prefix(std::min(said.size(), line.size() + 1));
    const std::size_t between = line.find(" = ");
    if (line.empty() || line.front() != '\t' || between == std::string_view::npos) continue;
    values.emplace(line.substr(1, between - 1), line.substr(between + 3));
  }
  if (values.count("toname") != 1 || values.count("toguid") != 1) return std::nullopt;
  TokenContents contents;
  contents.snapshot = values.find("toname")->second;
  const std::string_view guid = values.find("toguid")->second;
  if (contents.snapshot.find('@') == std::string::npos || guid.substr(0, 2) != "0x") return std::nullopt;
  const auto [end, error] = std::from_chars(guid.data() + 2, guid.data() + guid.size(), contents.guid, 16);
  if (error != std::errc() || end != guid.data() + guid.size()) return std::nullopt;
  contents.raw = values.count("rawok") != 0;
  contents.saved = values.count("savedok") != 0;
  return contents;
}

}  // namespace czb::receiver
