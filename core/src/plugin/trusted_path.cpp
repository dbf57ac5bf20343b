// SPDX-License-Identifier: MIT
#include "plugin/trusted_path.h"

#include <sys/stat.h>

#include <cerrno>
#include <climits>
#include <cstdlib>
#include <memory>
#include <system_error>

#include "error.h"

namespace czb {
namespace {

std::string reason(int number) { return std::error_code(number, std::generic_category()).message(); }

std::string real_path(const std::string& path) {
  const std::unique_ptr<char, decltype(&std::free)> resolved(::realpath(path.c_str(), nullptr), &std::free);
  if (resolved == nullptr) throw Error(ExitCode::usage, "cannot resolve " + path + ": " + reason(errno));
  return resolved.get();
}

std::string parent_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == 0 ? "/" : path.substr(0, slash);
}

// Lies `path` somewhere above what is being judged (and not the file, nor the folder it is in)?
enum class Place { innermost, above };

std::optional<std::string> component_problem(const std::string& path, uid_t user, Place place) {
  struct stat status = {};
  if (::lstat(path.c_str(), &status) != 0) return "cannot examine " + path + ": " + reason(errno);
  if (S_ISLNK(status.st_mode)) return path + " became a symbolic link meanwhile";
  if (status.st_uid != 0 && status.st_uid != user) {
    return path + " belongs to user " + std::to_string(status.st_uid) + ", who could change what is loaded: it must " +
           "belong to root or to user " + std::to_string(user);
  }
  if ((status.st_mode & (S_IWGRP | S_IWOTH)) == 0) return std::nullopt;
  const bool sticky_of_root = S_ISDIR(status.st_mode) && status.st_uid == 0 && (status.st_mode & S_ISVTX) != 0;
  if (sticky_of_root && place == Place::above) return std::nullopt;
  return path + " can be written by others, who could change what is loaded: chmod go-w " + path;
}

}  // namespace

std::optional<std::string> path_problem(const std::string& path, uid_t user) {
  if (path.empty() || path.front() != '/') return "'" + path + "' is not an absolute path";
  struct stat status = {};
  if (::lstat(path.c_str(), &status) != 0) return "cannot examine " + path + ": " + reason(errno);

  // From the inside out; the innermost are the file and its folder, or the folder itself.
  bool innermost = true;
  std::string component = path;
  if (!S_ISDIR(status.st_mode)) {
    if (auto problem = component_problem(component, user, Place::innermost)) return problem;
    component = parent_of(component);
  }
  for (;;) {
    const Place place = innermost ? Place::innermost : Place::above;
    if (auto problem = component_problem(component, user, place)) return problem;
    if (component == "/") return std::nullopt;
    component = parent_of(component);
    innermost = false;
  }
}

std::string trusted_plugin_file(const std::string& folder, const std::string& file_name, uid_t user) {
  if (folder.empty() || folder.front() != '/') {
    throw Error(ExitCode::usage, "the plugin folder '" + folder + "' is not an absolute path");
  }
  const std::string real_folder = real_path(folder);
  std::string resolved = real_path(folder + "/" + file_name);
  if (parent_of(resolved) != real_folder) {
    throw Error(ExitCode::usage, "it leads to " + resolved + ", outside the plugin folder " + real_folder);
  }
  struct stat status = {};
  if (::lstat(resolved.c_str(), &status) != 0) {
    throw Error(ExitCode::usage, "cannot examine " + resolved + ": " + reason(errno));
  }
  if (!S_ISREG(status.st_mode)) throw Error(ExitCode::usage, resolved + " is not a regular file");
  if (const auto problem = path_problem(resolved, user)) throw Error(ExitCode::usage, *problem);
  return resolved;
}

}  // namespace czb
