// SPDX-License-Identifier: MIT
#include "plugin/probe.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <span>
#include <string_view>
#include <system_error>
#include <utility>

#include "cyber-zfs-backup/abi.h"
#include "error.h"
#include "plugin/descriptor_check.h"
#include "plugin/loaded_library.h"
#include "process/deadline.h"
#include "process/descriptor.h"
#include "process/interrupt.h"

namespace czb {
namespace {

constexpr int report_descriptor = 3;
constexpr std::size_t longest_report = 64 * 1024;
constexpr int ending_patience = 10'000;  // milliseconds

// In the child. Leaves it nothing of its parent's that a plugin could disturb.
void stand_alone(int report, pid_t parent) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(1);
  for (int signal = 1; signal < NSIG; ++signal) ::signal(signal, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  const rlimit no_core = {0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);

  if (report != report_descriptor && ::dup2(report, report_descriptor) < 0) ::_exit(1);
  const int nowhere = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  for (const int standard : {0, 1, 2})
    if (nowhere < 0 || ::dup2(nowhere, standard) < 0) ::_exit(1);
  // Kernels before 5.9 lack close_range.
  if (::close_range(report_descriptor + 1, ~0U, 0) != 0)
    for (int fd = report_descriptor + 1; fd < 1024; ++fd) ::close(fd);
}

void write_report(std::string_view report) {
  while (!report.empty()) {
    const ssize_t written = ::write(report_descriptor, report.data(), report.size());
    if (written < 0 && errno != EINTR) ::_exit(1);
    if (written > 0) report.remove_prefix(static_cast<std::size_t>(written));
  }
}

using Plugins = std::span<const ProbedPlugin>;

// In the child: a report is the problem, or nothing, and a NUL at its end.
[[noreturn]] void examine(Plugins plugins) {
  for (const auto& [path, file_name] : plugins) {
    std::string report;
    try {
      if (const auto problem = descriptor_problem(load_descriptor(path), file_name)) report = "it " + *problem;
    } catch (const std::exception& error) {
      report = error.what();
    }
    report.push_back('\0');
    write_report(report);
  }
  // Not exit: what this process would do at its end is its parent's to do.
  ::_exit(0);
}

class Probe {
 public:
  explicit Probe(Plugins plugins) {
    Pipe pipe = make_pipe();
    const pid_t parent = ::getpid();
    child_ = ::fork();
    if (child_ < 0) {
      throw Error(ExitCode::failed, "cannot start a process that looks at the plugin " + plugins.front().path + ": " +
                                        std::error_code(errno, std::generic_category()).message());
    }
    if (child_ == 0) {
      stand_alone(pipe.write.get(), parent);
      examine(plugins);
    }
    ::setpgid(child_, child_);  // whoever of the two comes first
    report_ = std::move(pipe.read);
  }
  Probe(const Probe&) = delete;
  Probe& operator=(const Probe&) = delete;
  ~Probe() { end(); }

  // The next plugin's report; nothing where the child ended, or the time did, before.
  std::optional<std::string> report(SteadyClock::time_point until) {
    while (SteadyClock::now() < until) {
      if (const std::size_t end = read_.find('\0'); end != std::string::npos) {
        std::string text = read_.substr(0, end);
        read_.erase(0, end + 1);
        return text;
      }
      if (read_.size() > longest_report) return std::nullopt;
      std::array<pollfd, 2> polled = {pollfd{report_.get(), POLLIN, 0}, pollfd{interrupt_descriptor(), POLLIN, 0}};
      const int ready = ::poll(polled.data(), polled.size(), poll_timeout(SteadyClock::now(), until));
      throw_if_interrupted();
      if (ready <= 0 || polled[0].revents == 0) continue;
      std::array<char, 4096> buffer;
      const ssize_t got = ::read(report_.get(), buffer.data(), buffer.size());
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) return std::nullopt;
      read_.append(buffer.data(), static_cast<std::size_t>(got));
    }
    timed_out_ = true;
    return std::nullopt;
  }

  // Ends what is left of it, and says how it had ended.
  std::string ending() {
    if (timed_out_) return "hangs";
    // It closed the pipe: it has ended, or is about to, unless the plugin closed what is not its own.
    const Descriptor process(static_cast<int>(::syscall(SYS_pidfd_open, child_, 0)));
    pollfd ended = {process.get(), POLLIN, 0};
    ::poll(&ended, 1, ending_patience);
    const int status = end();
    if (WIFSIGNALED(status)) {
      return "crashes (signal " + std::to_string(WTERMSIG(status)) + ", " + ::strsignal(WTERMSIG(status)) + ")";
    }
    return "ends the program (exit status " + std::to_string(WEXITSTATUS(status)) + ")";
  }

 private:
  int end() {
    int status = 0;
    if (child_ <= 0) return status;
    ::kill(-child_, SIGKILL);
    ::kill(child_, SIGKILL);
    while (::waitpid(child_, &status, 0) < 0 && errno == EINTR) {
    }
    child_ = -1;
    return status;
  }

  pid_t child_ = -1;
  Descriptor report_;
  std::string read_;  // of it, and not returned yet
  bool timed_out_ = false;
};

}  // namespace

std::vector<std::optional<std::string>> probe_problems(const std::vector<ProbedPlugin>& plugins,
                                                       std::chrono::milliseconds limit) {
  throw_if_interrupted();
  std::vector<std::optional<std::string>> problems(plugins.size());
  std::size_t next = 0;
  while (next < plugins.size()) {
    const std::size_t first = next;
    Probe probe(Plugins(plugins).subspan(first));
    for (; next < plugins.size(); ++next) {
      const std::optional<std::string> report = probe.report(SteadyClock::now() + limit);
      if (report && report->empty()) continue;
      if (next != first) break;  // one that was loaded before it may be the cause
      problems[next++] = report
                             ? *report
                             : "it " + probe.ending() + " when it is loaded, or when " + plugin_entry_symbol +
                                   " is called: that is an error of the plugin. It was tried in a process of its own";
      break;
    }
  }
  return problems;
}

}  // namespace czb
