// SPDX-License-Identifier: MIT
#include "execute/run_folder.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "error.h"

namespace czb {
namespace {

std::string wished_directory() {
  if (geteuid() == 0) return "/run/cyber-zfs-backup";
  // Not $XDG_RUNTIME_DIR: cron has none, and a run of cron's and one of a login must meet at one lock.
  return "/tmp/cyber-zfs-backup-" + std::to_string(geteuid());
}

}  // namespace

std::string runtime_directory() {
  std::string path = wished_directory();
  if (mkdir(path.c_str(), 0700) != 0 && errno != EEXIST)
    throw Error(ExitCode::failed, "could not make the folder " + path + ": " + std::strerror(errno));
  struct stat status = {};
  if (lstat(path.c_str(), &status) != 0 || !S_ISDIR(status.st_mode) || status.st_uid != geteuid() ||
      (status.st_mode & 0077) != 0)
    throw Error(ExitCode::failed, path +
                                      " must be a folder of this user's own with mode 0700, and is not. Remove it, "
                                      "then run again.");
  return path;
}

RunFolder::RunFolder() : path_(runtime_directory() + "/run-XXXXXX") {
  if (mkdtemp(path_.data()) == nullptr)
    throw Error(ExitCode::failed, "could not make the folder " + path_ + ": " + std::strerror(errno));
}

RunFolder::~RunFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace czb
