// SPDX-License-Identifier: MIT
#include "execute/run_folder.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <optional>

#include "error.h"
#include "log/log.h"

namespace czb {
namespace {

bool is_own(const std::string& path) {
  struct stat status = {};
  return lstat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode) && status.st_uid == geteuid() &&
         (status.st_mode & 0077) == 0;
}

void make(const std::string& path) {
  if (mkdir(path.c_str(), 0700) != 0 && errno != EEXIST)
    throw Error(ExitCode::failed, "could not make the folder " + path + ": " + std::strerror(errno));
  if (!is_own(path))
    throw Error(ExitCode::failed, path +
                                      " must be a folder of this user's own with mode 0700, and is not. Remove it, "
                                      "then run again.");
}

// Not $XDG_RUNTIME_DIR, which cron does not have: runs of one user must meet. A service may see the folder and not be
// allowed to write there (ProtectHome=read-only).
std::optional<std::string> directory_of_login() {
  const std::string of_user = "/run/user/" + std::to_string(geteuid());
  if (geteuid() == 0 || !is_own(of_user) || access(of_user.c_str(), W_OK | X_OK) != 0) return std::nullopt;
  return of_user + "/cyber-zfs-backup";
}

std::string directory_without_login() {
  return geteuid() == 0 ? "/run/cyber-zfs-backup" : "/tmp/cyber-zfs-backup-" + std::to_string(geteuid());
}

}  // namespace

std::string runtime_directory() {
  std::string path = directory_of_login().value_or(directory_without_login());
  make(path);
  return path;
}

std::vector<std::string> lock_directories() {
  std::vector<std::string> folders = {runtime_directory()};
  const std::string other = directory_without_login();
  if (folders.front() == other) return folders;
  try {
    make(other);
    folders.push_back(other);
  } catch (const Error& error) {
    log_verbose("locks are taken in {} alone: {}", folders.front(), error.what());
  }
  return folders;
}

namespace {

// The system removes the folder of the logins when the last one ends. A run that belongs to none (cron) would lose what
// it has there, so it goes to where it would be without one, if that can be had.
std::string directory_of_this_run() {
  const char* const session = std::getenv("XDG_RUNTIME_DIR");  // NOLINT(concurrency-mt-unsafe)
  std::string of_login = runtime_directory();
  if (session != nullptr && of_login.rfind(session + std::string("/"), 0) == 0) return of_login;
  return lock_directories().back();
}

}  // namespace

RunFolder::RunFolder() : path_(directory_of_this_run() + "/run-XXXXXX") {
  if (mkdtemp(path_.data()) == nullptr)
    throw Error(ExitCode::failed, "could not make the folder " + path_ + ": " + std::strerror(errno));
}

RunFolder::~RunFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace czb
