// SPDX-License-Identifier: MIT
// Whether a file is a private key that ssh can use with nobody there to type.
#pragma once

#include <optional>
#include <string>

#include "doctor/surroundings.h"

namespace czb::doctor {

struct KeyProblem {
  std::string seen;
  std::string remedy;
  bool agent_may_help = false;  // it has a passphrase, which an agent may know
};

// How a remedy ends that makes a key: never by a line that lets it do more than it is for.
inline constexpr char let_it_in[] =
    "let it in there by a line that restricts it to the backup, as `cyber-zfs-backup setup` tells it.";

// Nothing where all is well. `file` exists. The rules on mode and owner are those of OpenSSH's sshkey_perm_ok
// (authfile.c), and that nobody else may have the key.
std::optional<KeyProblem> key_problem(const std::string& file, const Surroundings& here);

}  // namespace czb::doctor
