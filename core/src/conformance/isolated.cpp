// SPDX-License-Identifier: MIT
#include "conformance/isolated.h"

#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <exception>
#include <filesystem>
#include <fstream>
#include <string>

#include "error.h"
#include "process/descriptor.h"
#include "process/interrupt.h"

namespace czb::conformance {
namespace {

using Clock = std::chrono::steady_clock;

std::vector<pid_t> children_of(pid_t parent) {
  std::vector<pid_t> pids;
  std::error_code gone;
  for (const auto& task : std::filesystem::directory_iterator("/proc/" + std::to_string(parent) + "/task", gone)) {
    std::ifstream list(task.path() / "children");
    for (pid_t pid = 0; list >> pid;) pids.push_back(pid);
  }
  return pids;
}

void kill_with_descendants(pid_t pid) {
  ::kill(pid, SIGSTOP);  // so that it starts no more meanwhile
  for (const pid_t child : children_of(pid)) kill_with_descendants(child);
  ::kill(pid, SIGKILL);
}

// Everybody else that came to this keeper; what cannot be killed (sudo) is left to init.
void kill_what_is_left() {
  const auto deadline = Clock::now() + std::chrono::seconds(5);
  while (::waitpid(-1, nullptr, WNOHANG) >= 0 && Clock::now() < deadline) {
    for (const pid_t child : children_of(::getpid())) ::kill(child, SIGKILL);
    ::poll(nullptr, 0, 5);
  }
}

bool is_zombie(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string text;
  std::getline(file, text);
  const std::size_t end = text.rfind(')');  // of the name, which may hold anything
  return end == std::string::npos || text.compare(end, 3, ") Z") == 0;
}

// A result as text: the outcome's digit and the findings, each ended by a NUL byte, then one more.
std::string packed(const Result& result) {
  std::string text(1, static_cast<char>('0' + static_cast<int>(result.outcome)));
  for (const std::string& finding : result.findings) {
    for (const char byte : finding) text += byte == '\0' ? '?' : byte;
    text += '\0';
  }
  return text + '\0';
}

// Nothing while it is not complete.
bool unpack(const std::string& text, Result& result) {
  if (text.size() < 2 || text.back() != '\0') return false;
  result.outcome = static_cast<Outcome>(text.front() - '0');
  result.findings.clear();
  for (std::size_t begin = 1; begin < text.size();) {
    const std::size_t end = text.find('\0', begin);
    if (end == begin) return end + 1 == text.size();
    result.findings.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return false;
}

[[noreturn]] void be_the_check(const std::function<Result()>& body, int answer) {
  ::signal(SIGPIPE, SIG_IGN);  // as in the program
  Result result;
  try {
    result = body();
  } catch (const std::exception& error) {
    result = {Outcome::failed, {error.what()}};
  }
  const std::string text = packed(result);
  for (std::size_t written = 0; written < text.size();) {
    const ssize_t count = ::write(answer, text.data() + written, text.size() - written);
    if (count > 0) written += static_cast<std::size_t>(count);
    if (count < 0 && errno != EINTR) break;
  }
  ::_exit(0);
}

// A fork that does not outlive its parent.
pid_t fork_below() {
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(1);
  }
  return child;
}

// Ends as the check did; of a signal, with 128 and its number.
[[noreturn]] void be_the_keeper(const std::function<Result()>& body, int answer) {
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  const pid_t check = fork_below();
  if (check == 0) be_the_check(body, answer);
  int status = 0;
  for (pid_t ended = 0; ended != check;) {
    ended = ::waitpid(-1, &status, 0);
    if (ended < 0 && errno != EINTR) ::_exit(1);
  }
  kill_what_is_left();
  ::_exit(WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
}

enum class Waiting { ended, too_long, interrupted };

// Reads until the answer is complete, or nobody is left who could complete it.
Waiting read_answer(int descriptor, Clock::time_point deadline, std::string& text, Result& result) {
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) return Waiting::too_long;
    std::array<pollfd, 2> entries = {{{descriptor, POLLIN, 0}, {interrupt_descriptor(), POLLIN, 0}}};
    if (::poll(entries.data(), entries.size(), static_cast<int>(left)) < 0 && errno != EINTR) return Waiting::ended;
    if (interrupt_signal() != 0) return Waiting::interrupted;
    if (entries[0].revents == 0) continue;
    std::array<char, 4096> buffer;
    const ssize_t count = ::read(descriptor, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return Waiting::ended;
    text.append(buffer.data(), static_cast<std::size_t>(count));
    if (unpack(text, result)) return Waiting::ended;
  }
}

}  // namespace

std::vector<pid_t> processes_left() {
  if (::access("/proc/self/task", R_OK) != 0 ||
      !std::ifstream("/proc/self/task/" + std::to_string(::getpid()) + "/children"))
    throw NotApplicable("this kernel does not list a process's children in /proc");
  std::vector<pid_t> left = children_of(::getpid());
  for (const pid_t pid : children_of(::getppid()))
    if (pid != ::getpid() && !is_zombie(pid)) left.push_back(pid);
  return left;
}

Result run_isolated(const std::function<Result()>& body, std::chrono::seconds limit) {
  Pipe answer = make_pipe();
  const pid_t keeper = fork_below();
  if (keeper < 0) throw Error(ExitCode::failed, std::string("cannot start a process: ") + std::strerror(errno));
  if (keeper == 0) be_the_keeper(body, answer.write.get());
  answer.write.reset();

  Result result;
  std::string text;
  const Waiting waiting = read_answer(answer.read.get(), Clock::now() + limit, text, result);
  if (waiting != Waiting::ended) kill_with_descendants(keeper);
  int status = 0;
  while (::waitpid(keeper, &status, 0) < 0 && errno == EINTR) {
  }
  throw_if_interrupted();
  if (unpack(text, result)) return result;
  if (waiting == Waiting::too_long)
    return {Outcome::failed, {"the check did not end within " + std::to_string(limit.count()) + " s and was killed"}};
  const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 1;
  if (code > 128)
    return {Outcome::failed,
            {"the plugin crashed the process that ran it: signal " + std::to_string(code - 128) + " (" +
             ::strsignal(code - 128) + ")"}};
  return {Outcome::failed, {"the plugin ended the process that ran it, with exit status " + std::to_string(code)}};
}

}  // namespace czb::conformance
