// SPDX-License-Identifier: MIT
#include "receiver/host/state_folder.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "receiver/answer.h"

namespace czb::receiver {

void check_state_folder(const std::string& path) {
  const std::string what = "the state folder " + path;
  if (mkdir(path.c_str(), 0700) != 0 && errno != EEXIST)
    throw Misconfigured(what + " could not be made: " + std::strerror(errno) +
                        ". Make it for the user that this runs as, with mode 0700, or say --state.");
  struct stat status = {};
  if (lstat(path.c_str(), &status) != 0 || !S_ISDIR(status.st_mode)) throw Misconfigured(what + " is no folder");
  // Root may use the receiving user's.
  if ((status.st_uid != geteuid() && geteuid() != 0) || (status.st_mode & 0022) != 0)
    throw Misconfigured(what + " must belong to the user that this runs as, and nobody else may write there");
}

}  // namespace czb::receiver
