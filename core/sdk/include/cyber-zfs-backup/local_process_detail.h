// SPDX-License-Identifier: MIT
// The half of LocalProcess::start (local_process.h) that prepares a child and becomes the program in it. Nothing here
// is for plugins to call.
//
// become_program runs between fork and exec in a process that may have had other threads: it makes async-signal-safe
// calls only, and everything it needs is in the ChildPlan that was made before the fork.
#pragma once

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace czb {

namespace local_process_detail {

// Closes what it holds.
class OwnedDescriptor {
 public:
  explicit OwnedDescriptor(int number = -1) noexcept : number_(number) {}
  OwnedDescriptor(OwnedDescriptor&& other) noexcept : number_(other.number_) { other.number_ = -1; }
  OwnedDescriptor& operator=(OwnedDescriptor&& other) noexcept {
    if (this != &other) {
      reset();
      number_ = other.number_;
      other.number_ = -1;
    }
    return *this;
  }
  OwnedDescriptor(const OwnedDescriptor&) = delete;
  OwnedDescriptor& operator=(const OwnedDescriptor&) = delete;
  ~OwnedDescriptor() { reset(); }

  int get() const noexcept { return number_; }
  void reset() noexcept {
    if (number_ >= 0) ::close(number_);
    number_ = -1;
  }

 private:
  int number_;
};

// What the child reports through the pipe when it cannot become the program.
struct ChildFailure {
  enum Step : int { descriptors = 1, group = 2, execute = 3 };
  int step;
  int error_number;
};

// All that the child needs, made before the fork: after it only async-signal-safe calls are allowed.
struct ChildPlan {
  const char* file;
  char* const* argv;
  char* const* environment;
  int standard[3];
  int report;  // the pipe's end
  pid_t parent;
  bool new_session;
};

inline std::string error_text(int error_number) { return std::generic_category().message(error_number); }

[[noreturn]] inline void child_fail(int report, ChildFailure::Step step) noexcept {
  const ChildFailure failure{step, errno};
  const ssize_t written = ::write(report, &failure, sizeof failure);
  ::_exit(written == static_cast<ssize_t>(sizeof failure) ? 127 : 126);
}

// A copy of the descriptor that is none of 0, 1, 2, so that setting those up cannot overwrite it.
inline int above_standard(int number) noexcept { return number > 2 ? number : ::fcntl(number, F_DUPFD_CLOEXEC, 3); }

// The part of the child: async-signal-safe calls only, and nothing of the parent's is written to, for both have one
// memory until the program is executed (vfork).
[[noreturn]] inline void become_program(const ChildPlan& plan) noexcept {
  const int report = above_standard(plan.report);
  if (report < 0) ::_exit(126);

  // The parent's handlers must not run here: signals are blocked until every disposition is the default.
  struct sigaction by_default = {};
  by_default.sa_handler = SIG_DFL;
  for (int number = 1; number < NSIG; ++number) ::sigaction(number, &by_default, nullptr);

  if (plan.new_session ? ::setsid() < 0 : ::setpgid(0, 0) != 0) child_fail(report, ChildFailure::group);
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != plan.parent) ::_exit(126);  // the parent ended before the prctl

  int source[3];
  for (int i = 0; i < 3; ++i) {
    const int given = plan.standard[i];
    source[i] = given >= 0 ? above_standard(given) : ::open("/dev/null", O_RDWR | O_CLOEXEC);
    if (given < 0 && source[i] >= 0) source[i] = above_standard(source[i]);
    if (source[i] < 0) child_fail(report, ChildFailure::descriptors);
  }
  for (int i = 0; i < 3; ++i) {  // source[i] > 2, so dup2 does copy, and the copy is not close-on-exec
    if (::dup2(source[i], i) < 0) child_fail(report, ChildFailure::descriptors);
  }
#ifdef SYS_close_range
  constexpr unsigned close_range_cloexec = 4;
  ::syscall(SYS_close_range, 3U, ~0U, close_range_cloexec);
#endif

  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::execve(plan.file, plan.argv, plan.environment);
  child_fail(report, ChildFailure::execute);
}

// The file that argv[0] names. Throws what a reader can act on.
inline std::string find_program(const std::string& name, const std::string& path) {
  if (name.empty()) throw std::runtime_error("cannot start a program without a name");
  if (name.find('/') != std::string::npos) return name;
  std::string not_executable;
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find(':', begin), path.size());
    const std::string folder = path.substr(begin, end - begin);
    begin = end + 1;
    if (folder.empty() || folder.front() != '/') continue;
    std::string file = folder;
    file += '/';
    file += name;
    struct stat found = {};
    if (::stat(file.c_str(), &found) != 0 || !S_ISREG(found.st_mode)) continue;
    if (::faccessat(AT_FDCWD, file.c_str(), X_OK, AT_EACCESS) == 0) return file;
    if (not_executable.empty()) not_executable = file;
  }
  if (!not_executable.empty())
    throw std::runtime_error("cannot start " + name + ": " + not_executable + " may not be executed");
  throw std::runtime_error("cannot start " + name + ": no such program in " + path);
}

// The inherited environment with the additions put over it; the last of two equal names counts.
inline std::vector<std::string> merged_environment(const std::vector<std::string>& additions) {
  std::vector<std::string> merged;
  const auto put = [&merged](std::string_view entry) {
    const std::string_view name = entry.substr(0, entry.find('='));
    for (std::string& present : merged) {
      if (present.size() > name.size() && present[name.size()] == '=' && present.compare(0, name.size(), name) == 0) {
        present = entry;
        return;
      }
    }
    merged.emplace_back(entry);
  };
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) merged.emplace_back(*entry);
  for (const std::string& entry : additions) put(entry);
  return merged;
}

inline std::vector<char*> pointers_to(std::vector<std::string>& words) {
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  return pointers;
}

// Blocks every signal of this thread while it lives.
class SignalsBlocked {
 public:
  SignalsBlocked() noexcept {
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;
  ~SignalsBlocked() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_ = {};
};

}  // namespace local_process_detail

}  // namespace czb
