// SPDX-License-Identifier: MIT
// What is there at the sender: the key, what ssh would do, what is known of the far host's key, and what it shows.
#pragma once

#include <string>
#include <vector>

#include "setup/far_end.h"
#include "setup/known_hosts.h"
#include "setup/sender_steps.h"
#include "setup/ssh_settings.h"

namespace czb::setup {

KeyState observe_key(const std::string& key);

// `config`: for ssh -F; empty: ssh's own. Throws Error (failed) with ssh's words.
SshSettings observe_settings(const FarEnd& far_end, const std::string& config);

// In all files that ssh would look into, and in our own.
std::vector<KnownKey> observe_known(const SshSettings& settings, const std::string& own_file);

struct Shown {
  std::vector<PublicKey> keys;
  std::string error;  // what ssh-keyscan said where it got none
};
Shown observe_shown(const SshSettings& settings, const std::vector<KnownKey>& known);

// SHA256:…
std::string fingerprint_of(const PublicKey& key);

// Of the user who runs this.
std::string home_here();

}  // namespace czb::setup
