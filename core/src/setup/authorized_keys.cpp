// SPDX-License-Identifier: MIT
#include "setup/authorized_keys.h"

#include "cyber-zfs-backup/shell_quote.h"
#include "error.h"
#include "setup/lines.h"

namespace czb::setup {
namespace {

void check_word(const std::string& word) {
  for (const char c : word) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f || c == '"' || c == '\\')
      throw Error(ExitCode::usage, "the forced command cannot hold " + shell_quote(word) +
                                       ": control characters, '\"' and '\\' cannot stand in authorized_keys");
  }
}

// Without blanks at both ends and the comment: what comes behind the key.
std::string_view without_comment(std::string_view line, const PublicKey& key) {
  const std::size_t at = line.rfind(key.base64);
  return trimmed(line.substr(0, at == std::string_view::npos ? line.size() : at + key.base64.size()));
}

bool has_key(std::string_view line, const PublicKey& key) {
  for (const std::string_view word : words_of(line))
    if (word == key.base64) return true;
  return false;
}

}  // namespace

std::string authorized_keys_line(const std::vector<std::string>& command, const PublicKey& key) {
  for (const std::string& word : command) check_word(word);
  return "restrict,command=\"" + shell_quote_command(command) + "\" " + to_line(key);
}

FoundKey find_key(std::string_view text, const std::string& wanted_line, const PublicKey& key) {
  FoundKey found;
  int number = 0;
  for (const std::string_view raw : lines_of(text)) {
    ++number;
    const std::string_view line = trimmed(raw);
    if (line.empty() || line.front() == '#' || !has_key(line, key)) continue;
    const bool same = without_comment(line, key) == without_comment(wanted_line, key);
    if (found.state == FoundKey::State::absent || !same)
      found = {same ? FoundKey::State::there : FoundKey::State::differs, number, std::string(line)};
    if (!same) break;
  }
  return found;
}

}  // namespace czb::setup
