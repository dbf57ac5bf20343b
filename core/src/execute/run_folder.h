// SPDX-License-Identifier: MIT
// Where a run keeps its locks and sockets.
#pragma once

#include <string>

namespace czb {

// /run/cyber-zfs-backup for root, /tmp/cyber-zfs-backup-UID for anyone else. Made with mode 0700. Throws Error (failed)
// when it cannot be made, is a symbolic link, or belongs to someone else.
std::string runtime_directory();

// A folder of this run's own below runtime_directory(), removed with all that is in it at the end.
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
