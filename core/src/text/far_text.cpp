// SPDX-License-Identifier: MIT
#include "text/far_text.h"

#include <algorithm>

#include "text/visible.h"

namespace czb {

std::string FarText::shown(std::size_t longest) const {
  constexpr std::string_view blanks = " \t\r";
  std::string line;
  for (std::string_view rest = bytes_; !rest.empty();) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view part = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    const std::size_t first = part.find_first_not_of(blanks);
    if (first == std::string_view::npos) continue;
    if (!line.empty()) line += "; ";
    line += visible(part.substr(first, part.find_last_not_of(blanks) - first + 1), std::string::npos);
  }
  if (line.size() <= longest) return line;
  const std::size_t half = longest / 2;
  return line.substr(0, half) + " [...] " + line.substr(line.size() - half);
}

}  // namespace czb
