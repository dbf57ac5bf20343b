// SPDX-License-Identifier: MIT
#include "config/wording.h"

#include <algorithm>
#include <cstddef>

namespace czb {
namespace {

constexpr std::size_t longest_quote = 80;
constexpr std::size_t longest_compared = 64;

// Edit distance where a swap of neighbours counts as one slip (optimal string alignment).
std::size_t slips_between(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before_last(b.size() + 1), last(b.size() + 1), now(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    now[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t changed = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      now[j] = std::min({last[j] + 1, now[j - 1] + 1, changed});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        now[j] = std::min(now[j], before_last[j - 2] + 1);
      }
    }
    std::swap(before_last, last);
    std::swap(last, now);
  }
  return last[b.size()];
}

}  // namespace

std::string quoted(std::string_view text) {
  std::string result = "'";
  std::size_t taken = 0;
  for (; taken < text.size(); ++taken) {
    const auto byte = static_cast<unsigned char>(text[taken]);
    // Cut between characters: a UTF-8 continuation byte (at most three) goes with its first byte.
    if (taken >= longest_quote && ((byte & 0xc0U) != 0x80U || taken >= longest_quote + 3)) break;
    if (byte == '\n') {
      result += "\\n";
    } else if (byte == '\t') {
      result += "\\t";
    } else if (byte < 0x20 || byte == 0x7f) {
      constexpr std::string_view digits = "0123456789abcdef";
      result += "\\x";
      result += digits[byte >> 4];
      result += digits[byte & 15];
    } else {
      result += text[taken];
    }
  }
  return result + (taken < text.size() ? "…'" : "'");
}

std::string comma_list(const std::vector<std::string_view>& words) {
  if (words.empty()) return "none";
  std::string result;
  for (const std::string_view word : words) {
    if (!result.empty()) result += ", ";
    result += word;
  }
  return result;
}

std::optional<std::string_view> nearest(std::string_view word, const std::vector<std::string_view>& candidates) {
  if (word.empty() || word.size() > longest_compared) return std::nullopt;
  std::optional<std::string_view> best;
  std::size_t fewest = word.size() <= 4 ? 2 : 3;  // slips that are too many
  for (const std::string_view candidate : candidates) {
    if (candidate.size() > longest_compared) continue;
    const std::size_t slips = slips_between(word, candidate);
    if (slips < fewest && slips < candidate.size()) {
      fewest = slips;
      best = candidate;
    }
  }
  return best;
}

std::string did_you_mean(std::string_view word, const std::vector<std::string_view>& candidates) {
  const auto candidate = nearest(word, candidates);
  return candidate ? "; did you mean '" + std::string(*candidate) + "'?" : "";
}

}  // namespace czb
