// SPDX-License-Identifier: MIT
#include "process/command.h"

#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>

#include "error.h"
#include "process/deadline.h"
#include "process/interrupt.h"
#include "text_buffer.h"

namespace czb {
namespace {

constexpr std::size_t kept_text = 64 * 1024;

constexpr std::chrono::seconds killing_grace(5);

// One run: a turn for each poll.
class Run {
 public:
  Run(Transport& transport, const std::vector<std::string>& argv, const RunLimits& limits)
      : input_(limits.input), out_pipe_(make_pipe()), err_pipe_(make_pipe()) {
    if (!input_.empty()) in_pipe_ = make_pipe();
    const int in = input_.empty() ? -1 : in_pipe_.read.get();
    process_ = start(transport, argv, {in, out_pipe_.write.get(), err_pipe_.write.get()});
    in_pipe_.read.reset();
    out_pipe_.write.reset();
    err_pipe_.write.reset();
    if (in_pipe_.write) set_nonblocking(in_pipe_.write.get());
    completed_.time_limit = limits.time_limit;
    if (limits.time_limit.count() > 0) end_at_ = SteadyClock::now() + limits.time_limit;
  }

  Completed complete() {
    while (!ended_ && !given_up_) take_turn();
    if (ended_)
      completed_.status = wait(*process_, completed_.transport_error);
    else
      completed_.status = {ExitKind::signalled, SIGKILL};
    // What is left in the pipes; a descendant that keeps them open, or goes on writing, is not waited for.
    read_rest(out_pipe_.read, [this](std::string_view text) { completed_.out += text; });
    read_rest(err_pipe_.read, [this](std::string_view text) { err_.append(text); });
    completed_.err = err_.text();
    return std::move(completed_);
  }

 private:
  void take_turn() {
    std::array<pollfd, 5> polled = {pollfd{in_pipe_.write.get(), POLLOUT, 0}, pollfd{out_pipe_.read.get(), POLLIN, 0},
                                    pollfd{err_pipe_.read.get(), POLLIN, 0},
                                    pollfd{process_->ready_descriptor(), POLLIN, 0},
                                    pollfd{interrupt_descriptor(), POLLIN, 0}};
    if (poll(polled.data(), polled.size(), poll_timeout(SteadyClock::now(), end_at_)) < 0 && errno != EINTR)
      throw Error(ExitCode::failed, "poll failed");
    throw_if_interrupted();
    if (polled[0].revents != 0) write_some();
    if (polled[1].revents != 0) read_some(out_pipe_.read, [this](std::string_view text) { completed_.out += text; });
    if (polled[2].revents != 0) read_some(err_pipe_.read, [this](std::string_view text) { err_.append(text); });
    if (polled[3].revents != 0) ended_ = true;
    if (!ended_ && SteadyClock::now() >= end_at_) end_it();
  }

  // Closes the pipe at the input's end, and when the command does not read any more.
  void write_some() {
    const ssize_t written = write(in_pipe_.write.get(), input_.data(), input_.size());
    if (written > 0) input_.remove_prefix(static_cast<std::size_t>(written));
    if (input_.empty() || (written < 0 && errno != EINTR && errno != EAGAIN)) in_pipe_.write.reset();
  }

  // Reads once, closes the pipe at its end, and returns how many bytes came.
  template <class Append>
  static std::size_t read_some(Descriptor& pipe, Append append) {
    std::array<char, 64 * 1024> buffer;
    const ssize_t got = read(pipe.get(), buffer.data(), buffer.size());
    if (got == 0 || (got < 0 && errno != EINTR && errno != EAGAIN)) pipe.reset();
    if (got <= 0) return 0;
    append(std::string_view(buffer.data(), static_cast<std::size_t>(got)));
    return static_cast<std::size_t>(got);
  }

  template <class Append>
  static void read_rest(Descriptor& pipe, Append append) {
    std::size_t left = bytes_in_pipe(pipe.get());
    while (left > 0 && pipe) left -= std::min(left, read_some(pipe, append));
  }

  void end_it() {
    completed_.timed_out = true;
    given_up_ = ++asked_to_end_ > 2;
    process_->terminate();
    end_at_ = SteadyClock::now() + killing_grace;
  }

  std::string_view input_;  // what was not written yet
  Pipe in_pipe_;
  Pipe out_pipe_;
  Pipe err_pipe_;
  BoundedText err_;
  ProcessPointer process_;
  Completed completed_;
  SteadyClock::time_point end_at_ = never;
  int asked_to_end_ = 0;
  bool ended_ = false;
  bool given_up_ = false;
};

}  // namespace

std::string to_string(const ExitStatus& status) {
  switch (status.kind) {
    case ExitKind::exited:
      return "exit status " + std::to_string(status.code);
    case ExitKind::signalled:
      return "ended by signal " + std::to_string(status.code);
    case ExitKind::transport_failed:
      return "the connection failed";
  }
  return "unknown status";
}

std::string ending_of(const Completed& completed) {
  if (completed.timed_out) return "took longer than " + std::to_string(completed.time_limit.count()) + " s";
  return to_string(completed.status);
}

void BoundedText::append(std::string_view text) {
  const std::size_t to_head = std::min(text.size(), kept_text - std::min(kept_text, head_.size()));
  head_.append(text.substr(0, to_head));
  tail_.append(text.substr(to_head));
  if (tail_.size() > 2 * kept_text) {
    tail_.erase(0, tail_.size() - kept_text);
    cut_ = true;
  }
}

std::string BoundedText::text() const { return head_ + (cut_ ? "\n[…]\n" : "") + tail_; }

ProcessPointer start(Transport& transport, const std::vector<std::string>& argv,
                     const StandardDescriptors& descriptors) {
  std::vector<std::string_view> words(argv.begin(), argv.end());
  TextBuffer error;
  Process* process = nullptr;
  const Status status = transport.start({words.data(), words.size()}, descriptors, &process, error);
  if (status == Status::ok && process != nullptr) return ProcessPointer(process);
  throw_if_interrupted();
  throw Error(status == Status::unreachable ? ExitCode::unreachable : ExitCode::failed, error.text());
}

ExitStatus wait(Process& process, std::string& transport_error) {
  ExitStatus status;
  TextBuffer error;
  if (process.wait(status, error) != Status::ok) status = {ExitKind::transport_failed, 0};
  if (status.kind == ExitKind::transport_failed) transport_error = error.text();
  return status;
}

Completed run(Transport& transport, const std::vector<std::string>& argv, const RunLimits& limits) {
  throw_if_interrupted();
  return Run(transport, argv, limits).complete();
}

}  // namespace czb
