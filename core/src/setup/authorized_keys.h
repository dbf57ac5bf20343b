// SPDX-License-Identifier: MIT
// The line that lets a key run one command and nothing else (sshd(8), AUTHORIZED_KEYS FILE FORMAT). No I/O.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "setup/public_key.h"

namespace czb::setup {

// `restrict,command="…" TYPE BASE64 COMMENT`. sshd hands the command to the user's login shell: each word is quoted for
// it. Throws Error (usage) for a word with a control character, '"' or '\', which sshd could not take from the line as
// it is.
std::string authorized_keys_line(const std::vector<std::string>& command, const PublicKey& key);

struct FoundKey {
  enum class State {
    absent,
    there,    // the wanted line, but for its comment
    differs,  // with other options, so that adding the wanted line would change nothing, or twice
  };
  State state = State::absent;
  int number = 0;    // of the line, from 1
  std::string line;  // as it is in the file
};

// How the key stands in the text of an authorized_keys file. sshd goes by the first line that has the key; so does
// this, but for a later one with other options, which is told as `differs`.
FoundKey find_key(std::string_view text, const std::string& wanted_line, const PublicKey& key);

}  // namespace czb::setup
