// SPDX-License-Identifier: MIT
#include "receiver/zfs_process.h"

#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <vector>

#include "cyber-zfs-backup/local_process_detail.h"
#include "error.h"
#include "process/interrupt.h"
#include "receiver/answer.h"

namespace czb::receiver {
namespace {

constexpr int patience = 10'000;  // milliseconds
constexpr int last_patience = 60'000;
constexpr std::size_t most_words = 8 * 1024;  // of standard error

Error cannot_start(const std::string& file, const std::string& why) {
  return {ExitCode::failed, "could not start " + file + ": " + why};
}

std::string said(const std::string& text) {
  std::string line = visible(text.substr(0, text.find('\n')));
  return line.empty() ? "it said nothing" : line;
}

// Appends what is there; false at the end.
bool read_some(int fd, std::string& text) {
  char buffer[64 * 1024];
  const ssize_t got = read(fd, buffer, sizeof buffer);
  if (got > 0) text.append(buffer, static_cast<std::size_t>(got));
  return got > 0 || (got < 0 && errno == EINTR);
}

}  // namespace

ZfsProcess::ZfsProcess(const std::string& file, const CommandLine& command, int in, int out, int err) {
  using namespace local_process_detail;
  CommandLine words = command;
  std::vector<std::string> environment = {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                                          "LC_ALL=C"};
  const std::vector<char*> argv = pointers_to(words);
  const std::vector<char*> environ_pointers = pointers_to(environment);
  Pipe report = make_pipe();
  const ChildPlan plan = {file.c_str(), argv.data(), environ_pointers.data(), {in, out, err}, report.write.get(),
                          getpid(),     false};
  int fork_error = 0;
  {
    const SignalsBlocked blocked;
    // What it does until then are system calls alone (become_program): nothing has to be copied for it.
    pid_ = vfork();
    if (pid_ == 0) become_program(plan);
    fork_error = errno;
  }
  if (pid_ < 0) throw cannot_start(file, std::strerror(fork_error));
  report.write.reset();
  ChildFailure failure = {0, 0};
  ssize_t got = 0;
  do {
    got = read(report.read.get(), &failure, sizeof failure);
  } while (got < 0 && errno == EINTR);
  if (got == 0) pidfd_ = Descriptor(static_cast<int>(syscall(SYS_pidfd_open, pid_, 0U)));
  if (got == 0 && pidfd_) return;
  const int error_number = got == 0 ? errno : failure.error_number;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  throw cannot_start(file, std::strerror(error_number));
}

ZfsProcess::~ZfsProcess() { end(); }

bool ZfsProcess::ended_within(int milliseconds) const {
  pollfd entry = {pidfd_.get(), POLLIN, 0};
  int answer = 0;
  do {
    answer = poll(&entry, 1, milliseconds);
  } while (answer < 0 && errno == EINTR);
  return answer > 0;
}

int ZfsProcess::reap() {
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  reaped_ = true;
  constexpr int signalled = 128;
  status_ = WIFSIGNALED(status) ? signalled + WTERMSIG(status) : WEXITSTATUS(status);
  return status_;
}

int ZfsProcess::wait() {
  while (!reaped_) {
    pollfd entries[2] = {{pidfd_.get(), POLLIN, 0}, {interrupt_descriptor(), POLLIN, 0}};
    if (poll(entries, 2, -1) < 0) continue;
    if (entries[0].revents != 0)
      reap();
    else if (entries[1].revents != 0) {
      end();
      throw_if_interrupted();
    }
  }
  return status_;
}

void ZfsProcess::end() {
  if (reaped_ || pid_ < 0) return;
  kill(-pid_, SIGTERM);  // zfs and what it started
  if (!ended_within(patience)) {
    kill(-pid_, SIGKILL);
    if (!ended_within(last_patience)) {
      reaped_ = true;  // init will
      return;
    }
  }
  reap();
}

Output run_zfs(const std::string& file, const CommandLine& command, std::size_t most) {
  Pipe out = make_pipe();
  Pipe err = make_pipe();
  ZfsProcess process(file, command, -1, out.write.get(), err.write.get());
  out.write.reset();
  err.write.reset();
  Output output;
  std::string words;
  while (out.read || err.read) {
    pollfd entries[3] = {{out.read.get(), POLLIN, 0}, {err.read.get(), POLLIN, 0}, {interrupt_descriptor(), POLLIN, 0}};
    if (poll(entries, 3, -1) < 0) continue;
    if (entries[2].revents != 0) {
      process.end();
      throw_if_interrupted();
    }
    if (entries[0].revents != 0 && !read_some(out.read.get(), output.out)) out.read.reset();
    if (entries[1].revents != 0 && !read_some(err.read.get(), words)) err.read.reset();
    if (output.err.size() < most_words) output.err += words.substr(0, most_words - output.err.size());
    words.clear();
    if (output.out.size() > most) throw Error(ExitCode::failed, "zfs " + command.at(1) + " says more than can be kept");
  }
  output.status = process.wait();
  return output;
}

bool says_missing(const Output& output, const std::string& dataset) {
  return output.status == 1 &&
         output.err.find("cannot open '" + dataset + "': dataset does not exist") != std::string::npos;
}

std::string output_of(const std::string& file, const CommandLine& command) {
  Output output = run_zfs(file, command);
  if (output.status != 0)
    throw Error(ExitCode::failed, command.at(0) + " " + command.at(1) + " " + command.back() + ": exit status " +
                                      std::to_string(output.status) + ": " + said(output.err));
  return std::move(output.out);
}

int pass_through(const std::string& file, const CommandLine& command) {
  ZfsProcess process(file, command, -1, STDOUT_FILENO, STDERR_FILENO);
  return process.wait();
}

}  // namespace czb::receiver
