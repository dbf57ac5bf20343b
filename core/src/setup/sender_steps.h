// SPDX-License-Identifier: MIT
// What must be there at the sender: a key of its own, and an ssh configuration that uses it. No I/O.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "setup/far_end.h"
#include "setup/public_key.h"
#include "setup/receiver_steps.h"
#include "setup/ssh_settings.h"
#include "setup/step.h"

namespace czb::setup {

inline constexpr char default_key[] = "/etc/cyber-zfs-backup/ssh/id_ed25519";
inline constexpr char default_known_hosts[] = "/etc/cyber-zfs-backup/ssh/known_hosts";
inline constexpr char default_ssh_config[] = "/etc/ssh/cyber-zfs-backup.ssh_config";

// What the command line asks for.
struct SenderOptions {
  std::string key = default_key;
  std::string known_hosts = default_known_hosts;
  std::optional<std::string> root;
  std::optional<std::string> mode;
  std::optional<std::string> quota;          // of the receiver: a size, or "none"
  std::string host_name;                     // for a new ssh configuration; empty: as ssh finds it
  std::string port;                          // the same
  std::string receiver_user = default_user;  // there
  std::string receiver_program = default_receiver;
  std::vector<std::string> accepted_fingerprints;
  bool encrypted = false;  // a tree there is, or some of it
  bool yes = false;        // a new ssh configuration needs no question
  bool dry_run = false;
};

// Throws Error (usage) for a path, port, host or user that could not stand as one plain word in ssh's configuration.
void check_options(const SenderOptions& options);

struct KeyState {
  PathState folder;
  PathState file;
  bool public_file_exists = false;
  std::optional<PublicKey> public_key;  // what ssh-keygen -y made of the private key
  std::string problem;                  // why it made nothing
};

// `ssh-keygen -y`, with an empty passphrase, so that it asks nobody.
std::vector<std::string> public_key_command(const std::string& key);

// The folder and the key. `user`: whoever runs this. `host`: for the key's comment.
Plan plan_key(const SenderOptions& options, const KeyState& state, uid_t user, const std::string& host);

// What the ssh configuration lacks for this receiver, as lines for its Host block; empty: nothing. `home`: of the user
// who runs this, for '~'.
std::vector<std::string> lacking_lines(const SenderOptions& options, const SshSettings& settings,
                                       const std::string& home);

// What the far end has to be set up as. Throws Error (usage).
ReceiverSetup receiver_for(const FarEnd& far_end, const SenderOptions& options, const PublicKey& key);

// Adds it to the receiver's options. `quota`: without a quota_error.
void set_quota(ReceiverSetup& setup, const std::string& quota);

// What is wrong with an answer to "how much may it fill": empty where it is a size or "none".
std::string quota_error(const std::string& word);

// All that has to be done at the receiver, for a person there: the one command, and the same by hand.
std::string receiver_instructions(const ReceiverSetup& setup, const std::string& host);

}  // namespace czb::setup
