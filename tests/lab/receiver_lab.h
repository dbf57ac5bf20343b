// SPDX-License-Identifier: MIT
// A target behind cyber-zfs-backup-receiver: a real sshd, a key limited to it, and an attacker who has that key.
#pragma once

#include <set>
#include <string>

#include "lab.h"
#include "receiver_key.h"

namespace czb::lab {

// What the receiver exits with when it refuses.
inline constexpr int refused_by_receiver = 77;
// And where another request holds the dataset.
inline constexpr int receiver_busy = 75;

class ReceiverLabTest : public LabTest {
 protected:
  // Whatever is sent with the key of `offsite` goes through the receiver, with `--root` the target and these options.
  // It runs as root: the permissions of ZFS shall not be what saves the backup. The job's transport is that.
  void restrict_to(const Words& options = {});

  // `ssh offsite COMMAND` with that key, as an attacker types it: to sshd as it is. `input`: a shell command whose
  // output is sent.
  Result ask(const std::string& command, const std::string& input = "") const;
  // The command line that our sender's ssh makes of these words.
  static std::string as_sent(const Words& words);
  // The receiver as sshd starts it for that key and these words, but without an sshd: for what is not about how a
  // request comes. A login and a shell less take a third of the time of a receive.
  Receiving started_for(const Words& words) const;
  Receiving receiving(const std::string& dataset) const;
  // `zfs send` with these arguments into such a receive.
  Result push_by_hand(const Words& send, const std::string& dataset) const;

  // A backup of two snapshots of a tree with the child "a", and beside it a dataset whose name begins with the root's.
  void make_backup(const Words& options = {}, const Words& tree_options = {});
  // The receiver says that it refuses, and why, with its own exit code; nothing comes back.
  void expect_refused(const std::string& command, const std::string& input = "", const std::string& why = "") const;
  static void expect_refusal(const Result& result, const std::string& why, const std::string& asked);

  // "DATASET@NAME GUID" of all snapshots in the pool offsite.
  static std::set<std::string> kept();

  std::string config;  // the ssh_config

 private:
  Words receiver_;  // the command of the key
};

}  // namespace czb::lab
