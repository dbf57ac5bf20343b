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
    line += legible(part.substr(first, part.find_last_not_of(blanks) - first + 1));
  }
  if (line.size() <= longest) return line;
  // Whole characters of it.
  const auto is_inside = [&](std::size_t at) { return (static_cast<unsigned char>(line[at]) & 0xc0U) == 0x80; };
  std::size_t head = longest / 2;
  while (head > 0 && is_inside(head)) --head;
  std::size_t tail = line.size() - longest / 2;
  while (tail < line.size() && is_inside(tail)) ++tail;
  return line.substr(0, head) + " [...] " + line.substr(tail);
}

}  // namespace czb
