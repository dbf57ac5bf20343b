// SPDX-License-Identifier: MIT
#include "receiver/host/zfs_process.h"

#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>
#include <vector>

#include "cyber-zfs-backup/local_process_detail.h"
#include "error.h"
#include "process/interrupt.h"
#include "receiver/answer.h"
#include "receiver/host/memory_limit.h"

namespace czb::receiver {
namespace {

constexpr int patience = 10'000;  // milliseconds
constexpr int last_patience = 60'000;
constexpr std::size_t most_words = 8 * 1024;  // of standard error

Error cannot_start(const std::string& file, const std::string& why) {
  return {ExitCode::failed, "could not start " + file + ": " + why};
}

using Clock = std::chrono::steady_clock;

// For poll.
int milliseconds_until(Clock::time_point until) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, 1'000'000));
}

Error too_slow(const CommandLine& command, std::chrono::seconds longest) {
  return {ExitCode::failed, "zfs " + command.at(1) + " did not end within " + std::to_string(longest.count()) + " s"};
}

std::string said(const std::string& text) {
  std::string line = visible(text.substr(0, text.find('\n')));
  return line.empty() ? "it said nothing" : line;
}

// Gives away what is there; false at the end.
template <typename Take>
bool read_some(int fd, const Take& take) {
  char buffer[64 * 1024];
  const ssize_t got = read(fd, buffer, sizeof buffer);
  if (got > 0) take(std::string_view(buffer, static_cast<std::size_t>(got)));
  return got > 0 || (got < 0 && errno == EINTR);
}

}  // namespace

ZfsProcess::ZfsProcess(const std::string& file, const CommandLine& command, int in, std::optional<int> out,
                       ClientWords& words)
    : ZfsProcess(file, command, in, out, make_pipe(), words) {}

ZfsProcess::ZfsProcess(const std::string& file, const CommandLine& command, int in, std::optional<int> out, Pipe words,
                       ClientWords& to)
    : ZfsProcess(file, command, in, out.value_or(words.write.get()), words.write.get()) {
  said_ = std::move(words.read);
  set_nonblocking(said_.get());
  words_ = &to;
}

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
  restore_memory_of(pid_);  // the program is in place: vfork returns then
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
  pass_words_on();  // its last ones
  constexpr int signalled = 128;
  status_ = WIFSIGNALED(status) ? signalled + WTERMSIG(status) : WEXITSTATUS(status);
  return status_;
}

void ZfsProcess::pass_words_on() {
  if (!said_) return;
  char buffer[16 * 1024];
  // At most what a pipe holds: a zfs that never stops must not keep everything else waiting.
  for (int pieces = 0; pieces < 4; ++pieces) {
    const ssize_t got = read(said_.get(), buffer, sizeof buffer);
    if (got == 0) said_.reset();
    if (got <= 0) return;
    words_->pass_on({buffer, static_cast<std::size_t>(got)});
  }
}

void ZfsProcess::poll_with_words(std::array<pollfd, 2>& entries, std::chrono::milliseconds longest) {
  const int client = words_ == nullptr ? -1 : words_->descriptor();
  pollfd all[6] = {entries[0],
                   entries[1],
                   {reaped_ ? -1 : pidfd_.get(), POLLIN, 0},
                   {interrupt_descriptor(), POLLIN, 0},
                   {said_.get(), POLLIN, 0},
                   {client, POLLOUT, 0}};
  for (pollfd& entry : entries) entry.revents = 0;
  if (poll(all, 6, static_cast<int>(std::clamp<std::int64_t>(longest.count(), 0, 10'000))) < 0) return;
  if (all[3].revents != 0) {
    ask_to_end();  // its owner waits for that, once its input is closed
    throw_if_interrupted();
  }
  if (all[4].revents != 0) pass_words_on();
  if (all[5].revents != 0) words_->write_some();
  if (all[2].revents != 0) reap();
  for (std::size_t i = 0; i < entries.size(); ++i) entries[i].revents = all[i].revents;
}

bool ZfsProcess::has_ended() const { return reaped_; }

int ZfsProcess::wait() {
  if (const std::optional<int> status = wait_for(patience_with_zfs)) return *status;
  throw Error(ExitCode::failed, "zfs did not end within " + std::to_string(patience_with_zfs.count()) + " s");
}

std::optional<int> ZfsProcess::wait_for(std::chrono::seconds longest) {
  std::array<pollfd, 2> none = {{{-1, 0, 0}, {-1, 0, 0}}};
  for (const Clock::time_point until = Clock::now() + longest; !reaped_;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now());
    if (left.count() <= 0 && !ended_within(0)) return std::nullopt;
    poll_with_words(none, left);
  }
  return status_;
}

void ZfsProcess::ask_to_end() const {
  if (!reaped_ && pid_ >= 0) kill(-pid_, SIGTERM);  // zfs and what it started
}

void ZfsProcess::end() {
  if (reaped_ || pid_ < 0) return;
  ask_to_end();
  if (!ended_within(patience)) {
    kill(-pid_, SIGKILL);
    if (!ended_within(last_patience)) {
      reaped_ = true;  // init will
      return;
    }
  }
  reap();
}

Output run_zfs_into(const std::function<void(std::string_view)>& take, const std::string& file,
                    const CommandLine& command, std::size_t most, std::chrono::seconds longest) {
  const Clock::time_point until = Clock::now() + longest;
  Pipe out = make_pipe();
  Pipe err = make_pipe();
  ZfsProcess process(file, command, -1, out.write.get(), err.write.get());
  out.write.reset();
  err.write.reset();
  Output output;
  std::size_t taken = 0;
  const auto take_output = [&](std::string_view bytes) {
    taken += bytes.size();
    if (taken > most) throw Error(ExitCode::failed, "zfs " + command.at(1) + " says more than can be kept");
    take(bytes);
  };
  const auto take_words = [&](std::string_view words) {
    output.err += words.substr(0, most_words - std::min(output.err.size(), most_words));
  };
  while (out.read || err.read) {
    pollfd entries[3] = {{out.read.get(), POLLIN, 0}, {err.read.get(), POLLIN, 0}, {interrupt_descriptor(), POLLIN, 0}};
    const int answer = poll(entries, 3, milliseconds_until(until));
    if (answer < 0) continue;
    if (answer == 0 && Clock::now() >= until) throw too_slow(command, longest);
    if (entries[2].revents != 0) {
      process.end();
      throw_if_interrupted();
    }
    if (entries[0].revents != 0 && !read_some(out.read.get(), take_output)) out.read.reset();
    if (entries[1].revents != 0 && !read_some(err.read.get(), take_words)) err.read.reset();
  }
  const std::optional<int> status = process.wait_for(longest);
  if (!status) throw too_slow(command, longest);
  output.status = *status;
  return output;
}

Output run_zfs(const std::string& file, const CommandLine& command, std::size_t most, std::chrono::seconds longest) {
  std::string out;
  Output output = run_zfs_into([&](std::string_view bytes) { out += bytes; }, file, command, most, longest);
  output.out = std::move(out);
  return output;
}

bool says_missing(const Output& output, const std::string& dataset) {
  return output.status == 1 &&
         output.err.find("cannot open '" + dataset + "': dataset does not exist") != std::string::npos;
}

void check_tells_all(const Output& output, const std::string& command) {
  if (output.err.empty()) return;
  throw Error(ExitCode::failed,
              command + " does not tell of all that is here, so nothing is done: zfs says: " + said(output.err));
}

std::string output_of(const std::string& file, const CommandLine& command) {
  Output output = run_zfs(file, command);
  if (output.status != 0)
    throw Error(ExitCode::failed, command.at(0) + " " + command.at(1) + " " + command.back() + ": exit status " +
                                      std::to_string(output.status) + ": " + said(output.err));
  if (command.at(1) == "list" || command.at(1) == "get")
    check_tells_all(output, command.at(0) + " " + command.at(1) + " " + command.back());
  return std::move(output.out);
}

}  // namespace czb::receiver
