// SPDX-License-Identifier: MIT
#include "execute/job_lock.h"

#include <date/date.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fstream>
#include <sstream>

#include "error.h"
#include "execute/dataset_lock.h"

namespace czb {
namespace {

std::string holder_of(int fd) {
  std::array<char, 256> text;
  const ssize_t got = pread(fd, text.data(), text.size(), 0);
  std::string holder(text.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
  if (const std::size_t end = holder.find('\n'); end != std::string::npos) holder.resize(end);
  return holder.empty() ? "another process" : holder;
}

// One line of /proc/locks: "1: FLOCK  ADVISORY  WRITE 3243 fe:00:5309683 0 EOF" (proc(5)).
struct KernelLock {
  std::string kind;
  std::string pid;
  std::string file;  // MAJOR:MINOR:INODE, the first two in hexadecimal
};

KernelLock kernel_lock_of(const std::string& line) {
  std::istringstream fields(line);
  std::string number;
  std::string advisory;
  std::string access;
  KernelLock lock;
  fields >> number >> lock.kind >> advisory >> access >> lock.pid >> lock.file;
  return lock;
}

}  // namespace

JobLock::JobLock(const std::string& runtime_directory, const std::string& dataset) {
  const std::string path = runtime_directory + "/" + lock_file_name(dataset);
  file_ = Descriptor(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file_) throw Error(ExitCode::failed, "could not open the lock file " + path + ": " + std::strerror(errno));
  if (flock(file_.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) throw Error(ExitCode::failed, "could not lock " + path + ": " + std::strerror(errno));
    throw Error(ExitCode::busy, "another run for " + dataset + " is in progress (" + holder_of(file_.get()) +
                                    "), so nothing was done. Wait for it to end.");
  }
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  const std::string holder = "process " + std::to_string(getpid()) + " since " + date::format("%FT%TZ", now) + "\n";
  // Only for the message above: a lock without the text still locks.
  if (ftruncate(file_.get(), 0) != 0 || pwrite(file_.get(), holder.data(), holder.size(), 0) < 0) return;
}

std::optional<std::string> lock_holder(const std::string& runtime_directory, const std::string& dataset) {
  const std::string path = runtime_directory + "/" + lock_file_name(dataset);
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!file && errno == ENOENT) return std::nullopt;
  struct stat status = {};
  if (!file || fstat(file.get(), &status) != 0)
    throw Error(ExitCode::failed, "could not look at the lock file " + path + ": " + std::strerror(errno));
  std::ifstream locks("/proc/locks");
  if (!locks) throw Error(ExitCode::failed, "could not read /proc/locks, where the kernel tells who holds a lock");
  const std::string holder = holder_of(file.get());
  for (std::string line; std::getline(locks, line);) {
    const KernelLock lock = kernel_lock_of(line);
    const std::size_t colon = lock.file.rfind(':');
    if (lock.kind != "FLOCK" || colon == std::string::npos ||
        lock.file.substr(colon + 1) != std::to_string(status.st_ino))
      continue;
    // An overlay file system shows another device here than to stat: there the process has to be the one that wrote
    // itself down.
    std::array<char, 32> device = {};
    std::snprintf(device.data(), device.size(), "%02x:%02x", major(status.st_dev), minor(status.st_dev));
    if (lock.file.substr(0, colon) == device.data() || holder.rfind("process " + lock.pid + " ", 0) == 0) return holder;
  }
  return std::nullopt;
}

}  // namespace czb
