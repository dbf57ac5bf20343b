// SPDX-License-Identifier: MIT
// What sshd at the receiver should say to the backup's user, and whether it does. No I/O.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace czb::setup {

inline constexpr char sshd_snippet_file[] = "/etc/ssh/sshd_config.d/cyber-zfs-backup.conf";

// A Match block for that user: a key and nothing else to log in with, and no service beside the forced command. Forced
// commands are restricted by authorized_keys already; this holds for keys that somebody adds without `restrict`, too.
std::string sshd_snippet(const std::string& user);

struct SshdFindings {
  std::vector<std::string> obstacles;    // with one of these the login cannot work
  std::vector<std::string> looser_than;  // settings that are looser than the snippet, as "allowtcpforwarding yes"
  bool all_well() const { return obstacles.empty() && looser_than.empty(); }
};

// Reads `sshd -T -C user=…`. `authorized_keys`: the file that holds the keys; `home`: the user's home.
SshdFindings judge_sshd(std::string_view effective, const std::string& user, const std::string& home,
                        const std::string& authorized_keys);

}  // namespace czb::setup
