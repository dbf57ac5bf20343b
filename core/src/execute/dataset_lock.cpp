// SPDX-License-Identifier: MIT
#include "execute/dataset_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "error.h"
#include "sha256.h"

namespace czb {
namespace {

constexpr std::size_t longest_name = 200;  // a file's name may have 255 bytes
constexpr std::size_t kept_of_longer = 120;

Error unusable(const std::string& path) {
  return {ExitCode::failed, "could not open the lock file " + path + ": " + std::strerror(errno)};
}

// Only root could open what root made with mode 0600.
void give_to_owner_of(int folder, int file, const std::string& path) {
  struct stat of_folder = {};
  if (fstat(folder, &of_folder) != 0) throw unusable(path);
  if (of_folder.st_uid != geteuid() && fchown(file, of_folder.st_uid, of_folder.st_gid) != 0) throw unusable(path);
}

// Nothing where there is such a file already. What it gives away is what it has just made: nothing that was there
// before changes its owner, whoever put it there.
Descriptor made(int folder, const std::string& name, const std::string& path) {
  Descriptor file(openat(folder, name.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file && errno != EEXIST) throw unusable(path);
  if (!file || geteuid() != 0) return file;
  try {
    give_to_owner_of(folder, file.get(), path);
  } catch (const Error&) {
    unlinkat(folder, name.c_str(), 0);  // else nobody but root could ever lock
    throw;
  }
  return file;
}

Descriptor opened(int folder, const std::string& name, const std::string& path) {
  // Its last holder may have removed it between the two.
  for (int tries = 0; tries < 3; ++tries) {
    if (Descriptor file = made(folder, name, path)) return file;
    Descriptor file(openat(folder, name.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    if (!file && errno == ENOENT) continue;
    struct stat status = {};
    if (!file || fstat(file.get(), &status) != 0) throw unusable(path);
    if (!S_ISREG(status.st_mode))
      throw Error(ExitCode::failed, "the lock file " + path + " is not a regular file: remove it");
    return file;
  }
  throw unusable(path);
}

// Whether the name still means that file: its last holder may have removed it (forget) before this one locked it.
bool is_named(int folder, const std::string& name, int file) {
  struct stat of_name = {};
  struct stat of_file = {};
  return fstatat(folder, name.c_str(), &of_name, AT_SYMLINK_NOFOLLOW) == 0 && fstat(file, &of_file) == 0 &&
         of_name.st_ino == of_file.st_ino && of_name.st_dev == of_file.st_dev;
}

Descriptor open_folder(const std::string& directory) {
  Descriptor folder(open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder)
    throw Error(ExitCode::failed, "could not open the folder of the locks " + directory + ": " + std::strerror(errno));
  return folder;
}

// Nothing when somebody else holds it.
std::optional<Descriptor> locked(int folder, const std::string& directory, const std::string& name, int how) {
  const std::string path = directory + "/" + name;
  for (;;) {
    Descriptor file = opened(folder, name, path);
    if (flock(file.get(), how | LOCK_NB) != 0) {
      if (errno == EWOULDBLOCK) return std::nullopt;
      throw Error(ExitCode::failed, "could not lock " + path + ": " + std::strerror(errno));
    }
    if (is_named(folder, name, file.get())) return file;
  }
}

}  // namespace

std::optional<Descriptor> lock_file(const std::string& directory, const std::string& name) {
  return locked(open_folder(directory).get(), directory, name, LOCK_EX);
}

std::string lock_file_name(const std::string& dataset) {
  // '/' cannot be in a file name, '%' not in a dataset's.
  std::string name;
  for (char c : dataset) name += c == '/' ? '%' : c;
  if (name.size() > longest_name) name = name.substr(0, kept_of_longer) + "%" + hexadecimal(sha256(dataset));
  return name + ".lock";
}

DatasetLock::DatasetLock(const std::string& state_directory, const std::string& dataset, LockScope scope)
    : directory_(state_directory), own_name_(lock_file_name(dataset)) {
  const Descriptor folder = open_folder(state_directory);
  const auto take = [&](const std::string& name, int how, const std::string& why) {
    std::optional<Descriptor> file = locked(folder.get(), state_directory, name, how);
    if (!file) throw Error(ExitCode::busy, dataset + ": dataset is busy: " + why + ". Try again when that has ended.");
    files_.push_back(std::move(*file));
  };
  for (std::size_t slash = dataset.find('/'); slash != std::string::npos; slash = dataset.find('/', slash + 1)) {
    const std::string ancestor = dataset.substr(0, slash);
    take(lock_file_name(ancestor), LOCK_SH, "the tree of " + ancestor + " is being changed");
  }
  const std::string& name = own_name_;
  if (scope == LockScope::tree) {
    take(name, LOCK_EX, "another receive, destroy or expiry of it, or of a dataset below it, is in progress");
  } else {
    take(name, LOCK_SH, "its tree is being changed");
    take(name + "%single", LOCK_EX, "another receive, destroy or expiry of it is in progress");
    has_single_ = true;
  }
}

void DatasetLock::forget() {
  const Descriptor folder = open_folder(directory_);
  if (has_single_) {
    unlinkat(folder.get(), (own_name_ + "%single").c_str(), 0);
    files_.pop_back();
    has_single_ = false;
  }
  // Shared by others it is needed.
  if (!files_.empty() && flock(files_.back().get(), LOCK_EX | LOCK_NB) == 0)
    unlinkat(folder.get(), own_name_.c_str(), 0);
  files_.clear();
}

}  // namespace czb
