// SPDX-License-Identifier: MIT
// Where a run keeps its locks and sockets.
#pragma once

#include <string>
#include <vector>

namespace czb {

// /run/cyber-zfs-backup for root. For anyone else cyber-zfs-backup in /run/user/UID, where only that user can make
// anything, as long as a login or systemd keeps that folder and it can be written; else /tmp/cyber-zfs-backup-UID. Made
// with mode 0700. Throws Error (failed) when it cannot be made, is a symbolic link, or belongs to someone else.
std::string runtime_directory();

// The folders in which a run takes its locks: runtime_directory(), and behind it the one in /tmp where it is another
// one and can be had. /run/user/UID comes and goes with logins: a run that began without one has its lock in /tmp
// alone, so that is where one with a login meets it. What somebody else has put into that place stops only runs without
// a login. Throws Error (failed) as runtime_directory().
std::vector<std::string> lock_directories();

// A folder of this run's own, removed with all that is in it at the end: below runtime_directory() in a login
// ($XDG_RUNTIME_DIR), else below the one in /tmp, for /run/user/UID goes when the last login ends.
class RunFolder {
 public:
  RunFolder();
  ~RunFolder();
  RunFolder(const RunFolder&) = delete;
  RunFolder& operator=(const RunFolder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace czb
