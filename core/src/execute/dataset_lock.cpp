// SPDX-License-Identifier: MIT
#include "execute/dataset_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <functional>

#include "error.h"

namespace czb {
namespace {

constexpr std::size_t longest_name = 200;  // a file's name may have 255 bytes

Error unusable(const std::string& path) {
  return {ExitCode::failed, "could not open the lock file " + path + ": " + std::strerror(errno)};
}

// Only root could open what root made with mode 0600.
void give_to_owner_of(int folder, int file, const std::string& path) {
  if (geteuid() != 0) return;
  struct stat of_folder = {};
  struct stat of_file = {};
  if (fstat(folder, &of_folder) != 0 || fstat(file, &of_file) != 0) throw unusable(path);
  // One name only: with two it could be any file of root's that somebody linked there.
  if (of_file.st_uid == of_folder.st_uid || !S_ISREG(of_file.st_mode) || of_file.st_nlink != 1) return;
  if (fchown(file, of_folder.st_uid, of_folder.st_gid) != 0) throw unusable(path);
}

// One lock; `busy` is said of when somebody else holds it.
Descriptor locked(int folder, const std::string& directory, const std::string& name, int how, const std::string& busy) {
  const std::string path = directory + "/" + name;
  Descriptor file(openat(folder, name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file) throw unusable(path);
  give_to_owner_of(folder, file.get(), path);
  if (flock(file.get(), how | LOCK_NB) == 0) return file;
  if (errno != EWOULDBLOCK) throw Error(ExitCode::failed, "could not lock " + path + ": " + std::strerror(errno));
  throw Error(ExitCode::busy, busy);
}

}  // namespace

std::string lock_file_name(const std::string& dataset) {
  // '/' cannot be in a file name, '%' not in a dataset's.
  std::string name;
  for (char c : dataset) name += c == '/' ? '%' : c;
  if (name.size() > longest_name)
    name = name.substr(0, longest_name) + "%" + std::to_string(std::hash<std::string>()(name));
  return name + ".lock";
}

DatasetLock::DatasetLock(const std::string& state_directory, const std::string& dataset, LockScope scope) {
  const Descriptor folder(open(state_directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder)
    throw Error(ExitCode::failed,
                "could not open the folder of the locks " + state_directory + ": " + std::strerror(errno));
  const auto take = [&](const std::string& name, int how, const std::string& why) {
    files_.push_back(locked(folder.get(), state_directory, name, how,
                            dataset + ": dataset is busy: " + why + ". Try again when that has ended."));
  };
  for (std::size_t slash = dataset.find('/'); slash != std::string::npos; slash = dataset.find('/', slash + 1)) {
    const std::string ancestor = dataset.substr(0, slash);
    take(lock_file_name(ancestor), LOCK_SH, "the tree of " + ancestor + " is being changed");
  }
  const std::string name = lock_file_name(dataset);
  if (scope == LockScope::tree) {
    take(name, LOCK_EX, "another receive, destroy or expiry of it, or of a dataset below it, is in progress");
  } else {
    take(name, LOCK_SH, "its tree is being changed");
    take(name + "%single", LOCK_EX, "another receive, destroy or expiry of it is in progress");
  }
}

}  // namespace czb
