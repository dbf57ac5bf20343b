// SPDX-License-Identifier: MIT
// LocalProcess: a program started on this machine, as the Process that a transport hands out.
//
// What the started program finds:
//  - its argv, word for word; argv[0] without a slash was looked up by search_path() before the fork;
//  - descriptors 0, 1 and 2 as given (-1: /dev/null) and no other one;
//  - a process group of its own (a session of its own if asked for), default signal dispositions, an empty signal mask;
//  - the environment of this process with LC_ALL=C, PATH=search_path() and the additions of LocalCommand::environment;
//  - SIGTERM when the thread that started it ends (PR_SET_PDEATHSIG; the kernel drops that for set-uid programs: sudo).
//
// What this process keeps: one pidfd for each LocalProcess; no signal handler, no global. SIGCHLD must not be ignored.
// The ended program stays a zombie until release(): so its process group id cannot be reused, and terminate() and
// release() can end what it left behind in its group without ever hitting a stranger.
//
// Linux 5.3 or newer (pidfd_open); close_range(CLOEXEC) is used where there is one (5.11).
#pragma once

#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "cyber-zfs-backup/local_process_detail.h"
#include "cyber-zfs-backup/process_pointer.h"
#include "cyber-zfs-backup/transport.h"

namespace czb {

// Says what an exit status of a command that carries another one means (ssh's 255). Must not throw.
using ExitMapper = ExitStatus (*)(ExitStatus status);

// What to start. The descriptors stay the caller's.
struct LocalCommand {
  std::vector<std::string> argv;
  StandardDescriptors descriptors;
  std::vector<std::string> environment;  // "NAME=value", put over the inherited ones
  bool new_session = false;              // setsid instead of setpgid: the program cannot reach a terminal
  ExitMapper map_exit = nullptr;         // applied to what wait() answers
};

// PATH and behind it, where they lack, the places of administrators' programs. Only its absolute entries are searched.
inline std::string search_path() {
  const char* inherited = std::getenv("PATH");  // NOLINT(concurrency-mt-unsafe)
  std::string path = inherited != nullptr && *inherited != '\0' ? inherited : "/usr/local/bin:/usr/bin:/bin";
  for (const char* place : {"/usr/local/sbin", "/usr/sbin", "/sbin"}) {
    if ((":" + path + ":").find(":" + std::string(place) + ":") == std::string::npos) {
      path += ":" + std::string(place);
    }
  }
  return path;
}

class LocalProcess final : public Process {
 public:
  using Pointer = std::unique_ptr<LocalProcess, ReleaseProcess>;

  // Starts the program; returns once it was executed. Throws std::runtime_error with one sentence when it cannot be:
  // no such program, not executable, no descriptor or process left.
  static Pointer start(const LocalCommand& command);

  pid_t pid() const noexcept { return pid_; }

  std::int32_t ready_descriptor() noexcept override { return pidfd_.get(); }

  Status wait(ExitStatus& status, TextSink& error) noexcept override {
    if (!ended_) {
      siginfo_t info = {};
      int answer = 0;
      do {
        answer = ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOWAIT);
      } while (answer != 0 && errno == EINTR);
      if (answer != 0) {
        error.write(errno == ECHILD ? "cannot learn how a command ended: this process ignores SIGCHLD"
                                    : "cannot learn how a command ended: waitid failed");
        return Status::failed;
      }
      answer_.kind = info.si_code == CLD_EXITED ? ExitKind::exited : ExitKind::signalled;
      answer_.code = info.si_status;
      if (map_exit_ != nullptr) answer_ = map_exit_(answer_);
      ended_ = true;
    }
    status = answer_;
    return Status::ok;
  }

  // Whether the program has ended, or does so within this time (milliseconds, rounded down; 0: only looks).
  bool ended_within(std::chrono::milliseconds time) noexcept {
    const auto deadline = std::chrono::steady_clock::now() + time;
    for (;;) {
      const auto left =
          std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
      pollfd entry = {pidfd_.get(), POLLIN, 0};
      const int answer = ::poll(&entry, 1, static_cast<int>(std::max<std::int64_t>(0, left.count())));
      if (answer > 0) return true;
      if (answer == 0 || errno != EINTR) return false;
    }
  }

  // To the whole group: SIGTERM, from the second call on SIGKILL. The group of a program that has ended holds only what
  // it left behind.
  void terminate() noexcept override {
    if (terminate_calls_ == 0) {
      ::kill(-pid_, SIGTERM);
      ::kill(-pid_, SIGCONT);  // a stopped process would not see it
    } else {
      ::kill(-pid_, SIGKILL);
    }
    ++terminate_calls_;
  }

  // Kills the group, reaps the program and deletes this object. A program that cannot be killed (it changed its user:
  // sudo; or it hangs in the kernel) is waited for at most a minute and then left to init.
  void release() noexcept override {
    ::kill(-pid_, SIGKILL);
    if (ended_within(unkillable_patience)) {
      while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
      }
    }
    delete this;
  }

 private:
  static constexpr std::chrono::seconds unkillable_patience{60};

  LocalProcess(pid_t pid, local_process_detail::OwnedDescriptor pidfd, ExitMapper map_exit) noexcept
      : pid_(pid), pidfd_(std::move(pidfd)), map_exit_(map_exit) {}
  ~LocalProcess() = default;

  pid_t pid_;
  local_process_detail::OwnedDescriptor pidfd_;
  ExitMapper map_exit_;
  ExitStatus answer_;
  bool ended_ = false;
  int terminate_calls_ = 0;
};

inline LocalProcess::Pointer LocalProcess::start(const LocalCommand& command) {
  using namespace local_process_detail;
  if (command.argv.empty()) throw std::runtime_error("cannot start a command without words");
  for (const std::string& word : command.argv) {
    if (word.find('\0') != std::string::npos)
      throw std::runtime_error("cannot start " + command.argv[0].substr(0, command.argv[0].find('\0')) +
                               ": a word of the command holds a NUL byte");
  }
  const std::string path = search_path();
  const std::string file = find_program(command.argv[0], path);
  std::vector<std::string> argv = command.argv;
  std::vector<std::string> additions = {"LC_ALL=C", "PATH=" + path};
  additions.insert(additions.end(), command.environment.begin(), command.environment.end());
  std::vector<std::string> environment = merged_environment(additions);
  const std::vector<char*> argv_pointers = pointers_to(argv);
  const std::vector<char*> environment_pointers = pointers_to(environment);
  const std::string what = "cannot start " + command.argv[0] + ": ";

  int ends[2] = {-1, -1};
  if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error(what + "pipe: " + error_text(errno));
  const OwnedDescriptor report_read(ends[0]);
  OwnedDescriptor report_write(ends[1]);

  const ChildPlan plan = {file.c_str(),
                          argv_pointers.data(),
                          environment_pointers.data(),
                          {command.descriptors.in, command.descriptors.out, command.descriptors.err},
                          report_write.get(),
                          ::getpid(),
                          command.new_session};
  pid_t pid = -1;
  int fork_error = 0;
  {
    const SignalsBlocked blocked;
    // What it does until then are system calls alone (become_program): nothing has to be copied for it.
    pid = ::vfork();
    if (pid == 0) become_program(plan);
    fork_error = errno;
  }
  if (pid < 0) throw std::runtime_error(what + "fork: " + error_text(fork_error));
  report_write.reset();

  // From here on a child exists: `reap` ends it unless it became a LocalProcess.
  const auto reap = [pid] {
    ::kill(pid, SIGKILL);
    while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
    }
  };
#ifdef SYS_pidfd_open
  constexpr long pidfd_open_number = SYS_pidfd_open;
#else
  constexpr long pidfd_open_number = 434;
#endif
  OwnedDescriptor pidfd(static_cast<int>(::syscall(pidfd_open_number, pid, 0U)));
  if (pidfd.get() < 0) {
    const int error_number = errno;
    reap();
    throw std::runtime_error(what + "pidfd_open: " + error_text(error_number));
  }
  ChildFailure failure = {0, 0};
  ssize_t got = 0;
  do {
    got = ::read(report_read.get(), &failure, sizeof failure);
  } while (got < 0 && errno == EINTR);
  if (got != 0) {  // nothing: the program was executed, and that closed the pipe
    reap();
    const char* step = failure.step == ChildFailure::descriptors ? "its descriptors: "
                       : failure.step == ChildFailure::group     ? "its process group: "
                                                                 : "";
    throw std::runtime_error(what + step + error_text(failure.error_number));
  }
  LocalProcess* process = new (std::nothrow) LocalProcess(pid, std::move(pidfd), command.map_exit);
  if (process == nullptr) {
    reap();
    throw std::runtime_error(what + "out of memory");
  }
  return Pointer(process);
}

}  // namespace czb
