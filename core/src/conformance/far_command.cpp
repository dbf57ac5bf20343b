// SPDX-License-Identifier: MIT
#include "conformance/far_command.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "config/wording.h"
#include "conformance/subject.h"
#include "text_buffer.h"

namespace czb::conformance {
namespace {

using Clock = std::chrono::steady_clock;

bool is_ready(int descriptor, short events, std::chrono::milliseconds time) {
  const auto deadline = Clock::now() + time;
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    pollfd entry = {descriptor, events, 0};
    const int answer = ::poll(&entry, 1, static_cast<int>(std::max<std::int64_t>(0, left)));
    if (answer > 0) return true;
    if (answer == 0 || errno != EINTR) return false;
  }
}

std::string status_word(Status status) {
  return status == Status::ok ? "ok" : status == Status::unreachable ? "unreachable" : "failed";
}

std::string command_word(const Words& argv) { return argv.empty() ? "a command without words" : quoted(argv.front()); }

}  // namespace

Words script(const std::string& text, const Words& words) {
  Words argv = {"/bin/sh", "-c", text, "sh"};
  argv.insert(argv.end(), words.begin(), words.end());
  return argv;
}

Session::Session(Subject& subject) : transport_(subject.transport()), patience_(subject.settings().patience) {
  TextBuffer error;
  if (const Status status = transport_->open(error); status != Status::ok)
    throw Failure("the transport cannot be opened with these options (" + status_word(status) + "): " + error.text());
}

Session::~Session() { transport_->close(); }

Started try_start(Transport& transport, const Words& argv, const StandardDescriptors& descriptors) {
  const std::vector<std::string_view> words(argv.begin(), argv.end());
  Started started;
  Process* process = nullptr;
  TextBuffer error;
  started.status = transport.start({words.data(), words.size()}, descriptors, &process, error);
  started.error = error.text();
  if (started.status == Status::ok) started.process.reset(process);
  return started;
}

ProcessPointer start(const Session& session, const Words& argv, const StandardDescriptors& descriptors) {
  Started started = try_start(session.transport(), argv, descriptors);
  if (started.status != Status::ok)
    throw Failure("cannot start " + command_word(argv) + " (" + status_word(started.status) + "): " + started.error);
  if (!started.process) throw Failure("start of " + command_word(argv) + " answers ok and sets no process");
  return std::move(started.process);
}

Running start_with_pipes(const Session& session, const Words& argv) {
  Pipe in = make_pipe();
  Pipe out = make_pipe();
  Pipe err = make_pipe();
  ProcessPointer process = start(session, argv, {in.read.get(), out.write.get(), err.write.get()});
  return {std::move(in.write), std::move(out.read), std::move(err.read), std::move(process)};
}

bool is_ready_within(Process& process, std::chrono::milliseconds time) {
  const int descriptor = process.ready_descriptor();
  if (descriptor < 0) throw Failure("ready_descriptor gives no descriptor, but " + std::to_string(descriptor));
  return is_ready(descriptor, POLLIN, time);
}

ExitStatus end_of(const Session& session, Process& process) {
  if (!is_ready_within(process, session.patience()))
    throw Failure("a command that should have ended is not ready after " + std::to_string(session.patience().count()) +
                  " s");
  ExitStatus status;
  TextBuffer error;
  if (process.wait(status, error) != Status::ok) throw Failure("wait fails: " + error.text());
  return status;
}

void carry(const Session& session, Running& running, const Flow& flow) {
  constexpr std::size_t block = 64 * 1024;
  std::vector<char> outgoing(block);
  std::string_view unwritten;
  std::vector<char> buffer(block);
  set_nonblocking(running.in.get());

  // Closes it at the end of the stream.
  const auto read_some = [&](Descriptor& from, const auto& to) {
    const ssize_t count = ::read(from.get(), buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) return;
    if (count > 0)
      to(std::string_view(buffer.data(), static_cast<std::size_t>(count)));
    else
      from.reset();
  };
  const auto write_some = [&] {
    if (unwritten.empty()) unwritten = {outgoing.data(), flow.source(outgoing.data(), outgoing.size())};
    if (unwritten.empty()) return running.in.reset();
    const ssize_t count = ::write(running.in.get(), unwritten.data(), unwritten.size());
    if (count > 0) unwritten.remove_prefix(static_cast<std::size_t>(count));
    if (count < 0 && errno != EINTR && errno != EAGAIN) running.in.reset();
  };

  while (running.out || running.err) {
    std::array<pollfd, 3> entries = {
        {{running.in.get(), POLLOUT, 0}, {running.out.get(), POLLIN, 0}, {running.err.get(), POLLIN, 0}}};
    const int answer = ::poll(entries.data(), entries.size(), static_cast<int>(session.patience().count()) * 1000);
    if (answer < 0 && errno == EINTR) continue;
    if (answer <= 0)
      throw Failure("no byte moved for " + std::to_string(session.patience().count()) + " s, and " +
                    (running.out ? "standard output" : "standard error") + " did not end");
    if (entries[0].revents != 0) write_some();
    if (entries[1].revents != 0) read_some(running.out, flow.out);
    if (entries[2].revents != 0) read_some(running.err, flow.err);
  }
  running.in.reset();
}

std::string read_line(const Session& session, int descriptor) {
  std::string line;
  for (;;) {
    if (!is_ready(descriptor, POLLIN, session.patience()))
      throw Failure("no line of output came for " + std::to_string(session.patience().count()) + " s");
    char byte = 0;
    const ssize_t count = ::read(descriptor, &byte, 1);
    if (count < 0 && errno == EINTR) continue;
    if (count != 1) throw Failure("standard output ended after " + quoted(line));
    if (byte == '\n') return line;
    line += byte;
  }
}

bool ends(const Session& session, int descriptor) {
  const auto deadline = Clock::now() + session.patience();
  std::array<char, 4096> buffer;
  while (is_ready(descriptor, POLLIN, std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()))) {
    const ssize_t count = ::read(descriptor, buffer.data(), buffer.size());
    if (count == 0) return true;
    if (count < 0 && errno != EINTR) return false;
  }
  return false;
}

Ended run(const Session& session, const Words& argv, const std::string& input) {
  Running running = start_with_pipes(session, argv);
  Ended ended;
  std::size_t given = 0;
  carry(session, running,
        {[&](char* bytes, std::size_t size) {
           const std::size_t count = input.copy(bytes, size, given);
           given += count;
           return count;
         },
         [&](std::string_view bytes) { ended.out += bytes; }, [&](std::string_view bytes) { ended.err += bytes; }});
  ended.exit = end_of(session, *running.process);
  return ended;
}

std::string to_text(const ExitStatus& status) {
  const std::string code = std::to_string(status.code);
  switch (status.kind) {
    case ExitKind::exited:
      return "exit status " + code;
    case ExitKind::signalled:
      return "signal " + code;
    case ExitKind::transport_failed:
      return "a failure of the transport (" + code + ")";
  }
  return "the unknown kind " + std::to_string(static_cast<std::uint32_t>(status.kind)) + " (" + code + ")";
}

}  // namespace czb::conformance
