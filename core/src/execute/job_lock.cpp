// SPDX-License-Identifier: MIT
#include "execute/job_lock.h"

#include <date/date.h>
#include <fcntl.h>
#include <sys/file.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>

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

}  // namespace czb
