// SPDX-License-Identifier: MIT
#include "receiver/request/grammar.h"

#include "cyber-zfs-backup/shell_quote.h"
#include "plugins/transport-ssh/remote_command.h"
#include "receiver/answer.h"

namespace czb::receiver {
namespace {

[[noreturn]] void refuse() {
  throw Refused("this key is for backups only, and the command is not written as cyber-zfs-backup writes it");
}

bool take_prefix(std::string_view& text, std::string_view prefix) {
  if (text.substr(0, prefix.size()) != prefix) return false;
  text.remove_prefix(prefix.size());
  return true;
}

// Reads one word, up to a space or the end; a word has at least one byte of text.
std::string take_word(std::string_view& text) {
  std::string word;
  std::size_t at = 0;
  while (at < text.size() && text[at] != ' ') {
    const char byte = text[at];
    if (byte == '\'') {
      const std::size_t end = text.find('\'', at + 1);
      if (end == std::string_view::npos) refuse();
      word += text.substr(at + 1, end - at - 1);
      at = end + 1;
    } else if (byte == '\\') {
      if (at + 1 == text.size()) refuse();
      word += text[at + 1];
      at += 2;
    } else if (shell_quote_detail::is_plain(byte)) {
      word += byte;
      ++at;
    } else {
      refuse();
    }
  }
  if (at == 0) refuse();
  text.remove_prefix(at);
  return word;
}

}  // namespace

CommandLine parse_command(std::string_view line) {
  if (line.size() > longest_command) throw Refused("the command is longer than any that cyber-zfs-backup sends");
  if (line.find('\0') != std::string_view::npos) refuse();
  if (!take_prefix(line, ssh::remote_prefix)) refuse();
  take_prefix(line, ssh::remote_sudo);
  const std::string_view written = line;
  CommandLine words;
  do {
    words.push_back(take_word(line));
  } while (take_prefix(line, " "));
  // There is only one way to write them: this also refuses quotes where none are needed.
  if (!line.empty() || shell_quote_command(words) != written) refuse();
  return words;
}

}  // namespace czb::receiver
