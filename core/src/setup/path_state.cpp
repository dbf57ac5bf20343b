// SPDX-License-Identifier: MIT
#include "setup/path_state.h"

#include <sys/stat.h>

#include <cerrno>
#include <fstream>
#include <iterator>
#include <system_error>

#include "error.h"

namespace czb::setup {

PathState state_of_path(const std::string& path) {
  struct stat found = {};
  if (lstat(path.c_str(), &found) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) return {};
    throw Error(ExitCode::failed,
                "could not look at " + path + ": " + std::error_code(errno, std::generic_category()).message());
  }
  PathState state;
  state.kind = S_ISDIR(found.st_mode)   ? PathState::Kind::folder
               : S_ISREG(found.st_mode) ? PathState::Kind::file
               : S_ISLNK(found.st_mode) ? PathState::Kind::link
                                        : PathState::Kind::other;
  state.uid = found.st_uid;
  state.mode = found.st_mode & 07777;
  return state;
}

std::string text_of_file(const std::string& path) {
  if (state_of_path(path).kind != PathState::Kind::file) return "";
  std::ifstream file(path, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (!file.good() && !file.eof()) throw Error(ExitCode::failed, "could not read " + path);
  return text;
}

}  // namespace czb::setup
