// SPDX-License-Identifier: MIT
// What must be there at a receiver before a client can push to it through cyber-zfs-backup-receiver: one plan for both
// programs. `cyber-zfs-backup-receiver setup` makes it from what it sees there and carries it out; `cyber-zfs-backup
// setup` prints it, at the sender, for a receiver where nothing is there yet. No I/O.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "setup/grants.h"
#include "setup/public_key.h"
#include "setup/step.h"

namespace czb::setup {

inline constexpr char default_user[] = "cyber-zfs-backup";
inline constexpr char default_state_folder[] = "/var/lib/cyber-zfs-backup/receiver";
inline constexpr char default_receiver[] = "/usr/bin/cyber-zfs-backup-receiver";

// What is wanted.
struct ReceiverSetup {
  std::string root;  // the dataset that the client may reach, with all below it
  Mode mode = Mode::append_only;
  std::vector<std::string> options;        // of the receiver beside --root, word for word: {"--mode", "mirror"}
  PublicKey key;                           // the client's
  std::string user = default_user;         // that the receiver runs as
  std::string program = default_receiver;  // absolute
  std::string zfs = "zfs";                 // the program
  std::string state_folder = default_state_folder;
  std::string quota;           // among the options: a size, "none", or empty: nobody has said
  bool encrypted = false;      // the tree is, or some of it
  bool create_parent = false;  // make the datasets above the root where they lack
  bool create_root = false;    // and the root itself, empty: several trees will lie in it
};

struct Account {
  uid_t uid = 0;
  gid_t gid = 0;
  std::string home;
  std::string shell;
  bool locked = false;  // '!' in shadow(5): sshd without PAM lets nobody in
};

struct PathState {
  enum class Kind { absent, folder, file, link, other };
  Kind kind = Kind::absent;
  uid_t uid = 0;
  mode_t mode = 0;  // permission bits
};

// What is there.
struct ReceiverState {
  std::string program_problem;  // why the receiver's program cannot be used, as a sentence; empty: it can
  std::optional<Account> account;
  PathState home;
  PathState ssh_folder;
  PathState authorized_keys_file;
  std::string authorized_keys;  // its text
  PathState state_folder;
  std::set<std::string> datasets;               // of the root and those above it, what exists
  std::map<std::string, std::uint64_t> quotas;  // of these, those that have one, and how much
  std::string allowed;                          // what `zfs allow` prints of the dataset that grants are made at
  std::vector<std::string> groups;              // of the user
  bool append_is_known = false;                 // the permission receive:append
  bool stops_at_misfits = true;                 // OpenZFS, at increments that do not fit what is there
  std::optional<std::string> sshd;              // what `sshd -T -C user=…` printed; nothing: it could not be asked
  std::string sshd_error;                       // why
};

// Where nothing is there but the pool: for printing at the sender.
ReceiverState fresh_receiver(const ReceiverSetup& setup);

// The user's; /var/lib/USER for one who has to be made.
std::string home_of(const ReceiverSetup& setup, const ReceiverState& state);
std::string authorized_keys_file_of(const ReceiverSetup& setup, const ReceiverState& state);

// The root and those above it, from the pool on: "a", "a/b", "a/b/c".
std::vector<std::string> path_of_dataset(const std::string& root);

// Where `zfs allow` is run: at the root if it exists or is made, else at its parent, which has to let it be made.
std::string grant_dataset(const ReceiverSetup& setup, const std::set<std::string>& existing);

// What it means that nothing bounds what the key can fill.
std::string no_quota_text(const ReceiverSetup& setup);

// The line for authorized_keys.
std::string authorized_keys_line_of(const ReceiverSetup& setup);

// The steps, in order; refusals for what a person has to decide; notes on sshd. Throws Error (usage) for a word that
// authorized_keys cannot hold.
Plan plan_receiver(const ReceiverSetup& setup, const ReceiverState& state);

// `cyber-zfs-backup-receiver setup …` with which the receiver does all this by itself.
std::vector<std::string> receiver_setup_command(const ReceiverSetup& setup);

}  // namespace czb::setup
