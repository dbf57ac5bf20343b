// SPDX-License-Identifier: MIT
#include "process/command.h"

#include <poll.h>

#include <array>
#include <cerrno>

#include "error.h"
#include "process/interrupt.h"
#include "text_buffer.h"

namespace czb {
namespace {

constexpr std::size_t kept_text = 64 * 1024;

// Reads once; false at the end of the file. `append` takes what was read.
template <class Append>
bool read_some(int fd, Append append) {
  std::array<char, 64 * 1024> buffer;
  const ssize_t got = read(fd, buffer.data(), buffer.size());
  if (got > 0) append(std::string_view(buffer.data(), static_cast<std::size_t>(got)));
  return got > 0 || (got < 0 && (errno == EINTR || errno == EAGAIN));
}

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

Completed run(Transport& transport, const std::vector<std::string>& argv) {
  throw_if_interrupted();
  Completed completed;
  BoundedText err;
  Pipe out_pipe = make_pipe();
  Pipe err_pipe = make_pipe();
  ProcessPointer process = start(transport, argv, {-1, out_pipe.write.get(), err_pipe.write.get()});
  out_pipe.write.reset();
  err_pipe.write.reset();

  bool ended = false;
  // After the end, what is left in the pipes is read; a descendant that keeps them open is not waited for.
  while (!ended || out_pipe.read || err_pipe.read) {
    std::array<pollfd, 4> polled = {pollfd{out_pipe.read.get(), POLLIN, 0}, pollfd{err_pipe.read.get(), POLLIN, 0},
                                    pollfd{ended ? -1 : process->ready_descriptor(), POLLIN, 0},
                                    pollfd{interrupt_descriptor(), POLLIN, 0}};
    const int ready = poll(polled.data(), polled.size(), ended ? 0 : -1);
    if (ready < 0 && errno != EINTR) throw Error(ExitCode::failed, "poll failed");
    if (polled[3].revents != 0 || interrupt_signal() != 0) throw Interrupted(interrupt_signal());
    if (ready <= 0) {
      if (ended) break;
      continue;
    }
    if (polled[0].revents != 0 && !read_some(out_pipe.read.get(), [&](std::string_view t) { completed.out += t; }))
      out_pipe.read.reset();
    if (polled[1].revents != 0 && !read_some(err_pipe.read.get(), [&](std::string_view t) { err.append(t); }))
      err_pipe.read.reset();
    if (polled[2].revents != 0) ended = true;
  }
  completed.status = wait(*process, completed.transport_error);
  completed.err = err.text();
  return completed;
}

}  // namespace czb
