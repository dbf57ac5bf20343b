// SPDX-License-Identifier: MIT
// Quoting for the one place where a shell cannot be avoided: the login shell that sshd hands the command to, and lines
// that a person pastes.
//
// shell_quote(word) is text that sh, dash, bash, ksh, zsh read as exactly the one word, byte for byte, whatever the
// bytes (NUL excepted: no argv can hold it). fish reads the same word too, and csh does for words without a newline.
// Words of letters, digits and _@+:,./- (and = after the first character) stay bare. Elsewhere runs go between single
// quotes, and ' \ ! stand outside of them behind a backslash: fish takes a backslash in single quotes for an escape,
// csh expands ! in them.
#pragma once

#include <string>
#include <string_view>

namespace czb {

namespace shell_quote_detail {

inline bool is_plain(char byte) noexcept {
  return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
         std::string_view("_@+:,./-=").find(byte) != std::string_view::npos;
}

// Words that a shell would not take for a command's name when they stand first.
inline bool is_reserved(std::string_view word) noexcept {
  for (const std::string_view reserved :
       {"if",  "then", "else",     "elif",   "fi",   "do",     "done",    "case", "esac",   "while",    "until",
        "for", "in",   "function", "select", "time", "coproc", "foreach", "end",  "repeat", "nocorrect"}) {
    if (word == reserved) return true;
  }
  return false;
}

inline std::string quote_always(std::string_view word) {
  if (word.empty()) return "''";
  std::string text;
  bool inside = false;
  for (const char byte : word) {
    const bool outside = byte == '\'' || byte == '\\' || byte == '!';
    if (inside == outside) {
      text += '\'';
      inside = !inside;
    }
    if (outside) text += '\\';
    text += byte;
  }
  if (inside) text += '\'';
  return text;
}

}  // namespace shell_quote_detail

// One word, as an argument (not as a command's name: see shell_quote_command).
inline std::string shell_quote(std::string_view word) {
  bool plain = !word.empty() && word.front() != '=';
  for (const char byte : word) plain = plain && shell_quote_detail::is_plain(byte);
  return plain ? std::string(word) : shell_quote_detail::quote_always(word);
}

// A whole command, its words separated by one space. A first word that a shell would take for an assignment or a
// keyword is quoted as well. Words: any range of what converts to std::string_view.
template <typename Words>
std::string shell_quote_command(const Words& words) {
  std::string text;
  bool first = true;
  for (const auto& each : words) {
    const std::string_view word = each;
    const bool hides = first && (word.find('=') != std::string_view::npos || shell_quote_detail::is_reserved(word));
    if (!first) text += ' ';
    text += hides ? shell_quote_detail::quote_always(word) : shell_quote(word);
    first = false;
  }
  return text;
}

}  // namespace czb
