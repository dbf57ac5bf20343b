// SPDX-License-Identifier: MIT
#include "files/trusted_path.h"

#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <climits>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <memory>
#include <string_view>
#include <system_error>

#include "cyber-zfs-backup/shell_quote.h"
#include "error.h"

namespace czb {
namespace {

constexpr char harm_of_a_plugin[] = "change what is loaded";

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

// Whether `path` may be a sticky folder of root's, where each entry is safe that is safe itself.
enum class Sticky { refused, accepted };

std::optional<std::string> owner_problem(const std::string& path, const struct stat& status, uid_t user,
                                         const std::string& harm) {
  if (status.st_uid == 0 || status.st_uid == user) return std::nullopt;
  return path + " belongs to user " + std::to_string(status.st_uid) + ", who could " + harm + ": it must belong to " +
         "root or to user " + std::to_string(user) + ": chown -h " + std::to_string(user) + " " + shell_quote(path);
}

// As with the umask 002 of Debian's users, whose group has nobody else.
bool is_alone_in(gid_t group, uid_t user) {
  const passwd* const account = ::getpwuid(user);
  if (account == nullptr || user == 0 || account->pw_gid != group) return false;
  const std::string name = account->pw_name;
  const struct group* const members = ::getgrgid(group);
  if (members == nullptr || name != members->gr_name) return false;
  for (char** member = members->gr_mem; *member != nullptr; ++member)
    if (name != *member) return false;
  return true;
}

std::optional<std::string> component_problem(const std::string& path, const struct stat& status, uid_t user,
                                             Sticky sticky, const std::string& harm) {
  if (auto problem = owner_problem(path, status, user, harm)) return problem;
  if ((status.st_mode & (S_IWGRP | S_IWOTH)) == 0) return std::nullopt;
  if (S_ISCHR(status.st_mode)) return std::nullopt;  // what is written to a device does not become its content
  const bool sticky_of_root = S_ISDIR(status.st_mode) && status.st_uid == 0 && (status.st_mode & S_ISVTX) != 0;
  if (sticky_of_root && sticky == Sticky::accepted) return std::nullopt;
  return path + " can be written by others, who could " + harm + ": chmod go-w " + shell_quote(path);
}

std::optional<std::string> resolved_problem(const std::string& path, uid_t user, Sticky sticky) {
  struct stat status = {};
  if (::lstat(path.c_str(), &status) != 0) return "cannot examine " + path + ": " + reason(errno);
  if (S_ISLNK(status.st_mode)) return path + " became a symbolic link meanwhile";
  return component_problem(path, status, user, sticky, harm_of_a_plugin);
}

// Walks a path as the kernel does, and looks at each thing that it comes by.
class Way {
 public:
  Way(uid_t user, const std::string& harm) : user_(user), harm_(harm) {}

  std::optional<std::string> walk(const std::string& path) {
    if (auto problem = look("/")) return problem;
    prepend(path);
    while (!rest_.empty() && !ends_) {
      const std::string name = std::move(rest_.front());
      rest_.pop_front();
      if (name.empty() || name == ".") continue;
      if (name == "..") {
        if (auto problem = look(parent_of(here_))) return problem;
        continue;
      }
      if (auto problem = look((here_ == "/" ? "" : here_) + "/" + name)) return problem;
    }
    return std::nullopt;
  }

 private:
  void prepend(std::string_view path) {
    std::deque<std::string> names;
    while (!path.empty()) {
      const std::size_t slash = path.find('/');
      names.emplace_back(path.substr(0, slash));
      path = slash == std::string_view::npos ? std::string_view() : path.substr(slash + 1);
    }
    rest_.insert(rest_.begin(), names.begin(), names.end());
  }

  std::optional<std::string> look(const std::string& path) {
    struct stat status = {};
    if (::lstat(path.c_str(), &status) != 0) {
      ends_ = errno == ENOENT || errno == ENOTDIR;
      if (!ends_) return "cannot examine " + path + ": " + reason(errno);
      if (!here_is_shared_) return std::nullopt;
      return path + " does not exist, and others could make it: name a file in a folder of your own";
    }
    if (S_ISLNK(status.st_mode)) return follow(path, status);
    if (is_alone_in(status.st_gid, user_)) status.st_mode &= ~static_cast<mode_t>(S_IWGRP);
    here_ = path;
    here_is_shared_ = (status.st_mode & (S_IWGRP | S_IWOTH)) != 0;
    if (auto problem = folder_problem(path, status)) return problem;
    return component_problem(path, status, user_, Sticky::accepted, harm_);
  }

  // Not to be given away for a file in it: it may be somebody's home.
  std::optional<std::string> folder_problem(const std::string& path, const struct stat& status) const {
    if (S_ISREG(status.st_mode) || status.st_uid == 0 || status.st_uid == user_) return std::nullopt;
    return path + " belongs to user " + std::to_string(status.st_uid) + ", who could " + harm_ +
           ": keep the file where only root or user " + std::to_string(user_) +
           " can write, such as in /etc/cyber-zfs-backup";
  }

  // Its mode says nothing: who may replace it is for the folder to say, and in a sticky one for its owner.
  std::optional<std::string> follow(const std::string& path, const struct stat& status) {
    constexpr int most_links = 40;  // as the kernel
    if (auto problem = folder_problem(path, status)) return problem;
    if (++links_ > most_links) return path + " is one of too many symbolic links";
    std::array<char, PATH_MAX> target;
    const ssize_t length = ::readlink(path.c_str(), target.data(), target.size());
    if (length < 0) return "cannot read the symbolic link " + path + ": " + reason(errno);
    const std::string_view where(target.data(), static_cast<std::size_t>(length));
    prepend(where);
    return !where.empty() && where.front() == '/' ? look("/") : std::nullopt;
  }

  const uid_t user_;
  const std::string& harm_;
  std::deque<std::string> rest_;  // names that are still to come
  std::string here_ = "/";        // a folder that was looked at
  bool here_is_shared_ = false;   // others may make entries in it: a sticky folder
  int links_ = 0;
  bool ends_ = false;  // there is nothing further on
};

// Of what is open already nobody can put another in its place.
std::optional<std::string> open_problem(const std::string& path, int descriptor, uid_t user, const std::string& harm) {
  struct stat status = {};
  if (::fstat(descriptor, &status) != 0) return "cannot examine " + path + ": " + reason(errno);
  // One without a name is a shell's here-document.
  if (!S_ISREG(status.st_mode) || status.st_nlink == 0) return std::nullopt;
  std::array<char, PATH_MAX> name;
  const ssize_t length = ::readlink(("/proc/self/fd/" + std::to_string(descriptor)).c_str(), name.data(), name.size());
  const std::string file = length <= 0 ? path : std::string(name.data(), static_cast<std::size_t>(length));
  if (is_alone_in(status.st_gid, user)) status.st_mode &= ~static_cast<mode_t>(S_IWGRP);
  return component_problem(file, status, user, Sticky::refused, harm);
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
    if (auto problem = resolved_problem(component, user, Sticky::refused)) return problem;
    component = parent_of(component);
  }
  for (;;) {
    const Sticky sticky = innermost ? Sticky::refused : Sticky::accepted;
    if (auto problem = resolved_problem(component, user, sticky)) return problem;
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

std::optional<int> descriptor_named(std::string_view path) {
  if (path == "/dev/stdin") return STDIN_FILENO;
  for (const std::string_view folder : {"/dev/fd/", "/proc/self/fd/"}) {
    if (path.substr(0, folder.size()) != folder) continue;
    const std::string_view digits = path.substr(folder.size());
    int number = -1;
    const auto [stopped, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (error == std::errc() && stopped == digits.data() + digits.size() && number >= 0) return number;
  }
  return std::nullopt;
}

std::optional<std::string> way_problem(const std::string& path, uid_t user, const std::string& harm) {
  if (const std::optional<int> descriptor = descriptor_named(path)) return open_problem(path, *descriptor, user, harm);
  std::error_code error;
  const std::filesystem::path absolute = std::filesystem::absolute(path, error);
  if (path.empty() || error) return "'" + path + "' is no path that can be followed";
  return Way(user, harm).walk(absolute.string());
}

}  // namespace czb
