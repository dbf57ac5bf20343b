// SPDX-License-Identifier: MIT
#include "process/stream.h"

#include <fcntl.h>
#include <poll.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <optional>

#include "error.h"
#include "process/interrupt.h"

namespace czb {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int pump_pipe_bytes = 1024 * 1024;
constexpr int turns_at_once = 64;  // then everyone else gets a turn
constexpr std::chrono::milliseconds progress_interval(1000);
// How long a side may go on after the other has ended and its pipe was closed.
constexpr std::chrono::seconds ending_grace(60);
constexpr std::chrono::seconds killing_grace(5);

// Moves bytes from one pipe to another. Knows when it waits for input and when for room.
class Pump {
 public:
  Pump(Descriptor from, Descriptor to) : from_(std::move(from)), to_(std::move(to)) {
    set_nonblocking(from_.get());
    set_nonblocking(to_.get());
  }

  bool done() const { return !from_; }
  std::uint64_t bytes() const { return bytes_; }

  // What to poll: input, and room or the reader's disappearance.
  pollfd input() const { return {waits_for_room_ ? -1 : from_.get(), POLLIN, 0}; }
  pollfd output() const { return {to_.get(), static_cast<short>(waits_for_room_ ? POLLOUT : 0), 0}; }

  void on_poll(short input_events, short output_events) {
    if ((output_events & (POLLERR | POLLNVAL)) != 0) return stop();  // nobody reads any more
    if (input_events == 0 && (output_events & POLLOUT) == 0) return;
    waits_for_room_ = false;
    for (int turn = 0; turn < turns_at_once; ++turn) {
      const ssize_t moved =
          splice(from_.get(), nullptr, to_.get(), nullptr, pump_pipe_bytes, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
      if (moved > 0) {
        bytes_ += static_cast<std::uint64_t>(moved);
        continue;
      }
      if (moved < 0 && errno == EINTR) continue;
      if (moved < 0 && errno == EAGAIN) return find_out_what_is_missing();
      return stop();  // end of file, or the reader is gone
    }
  }

  // For when the sender has ended: what is not in the pipe now never comes, even where some descendant
  // of it keeps the pipe open.
  void stop_if_empty() {
    pollfd polled = {from_.get(), POLLIN, 0};
    if (poll(&polled, 1, 0) == 0) stop();
  }

  void stop() {
    from_.reset();
    to_.reset();
  }

 private:
  void find_out_what_is_missing() {
    pollfd room = {to_.get(), POLLOUT, 0};
    waits_for_room_ = poll(&room, 1, 0) == 0;
  }

  Descriptor from_;
  Descriptor to_;
  bool waits_for_room_ = false;
  std::uint64_t bytes_ = 0;
};

// One end of the stream: its process, and the texts it writes.
struct End {
  ProcessPointer process;
  Pipe error_pipe;
  BoundedText error;
  bool ended = false;
  Completed completed;

  pollfd text() const { return {error_pipe.read.get(), POLLIN, 0}; }
  pollfd ready() const { return {ended ? -1 : process->ready_descriptor(), POLLIN, 0}; }

  void on_poll(short text_events, short ready_events) {
    if (text_events != 0) read_text();
    if (ready_events != 0) ended = true;
  }

  void read_text() {
    std::array<char, 16 * 1024> buffer;
    const ssize_t got = read(error_pipe.read.get(), buffer.data(), buffer.size());
    if (got > 0)
      error.append({buffer.data(), static_cast<std::size_t>(got)});
    else if (got == 0 || errno != EINTR)
      error_pipe.read.reset();
  }

  void finish() {
    completed.status = wait(*process, completed.transport_error);
    while (error_pipe.read) {  // what is left; a descendant that keeps the pipe open is not waited for
      pollfd polled = text();
      if (poll(&polled, 1, 0) <= 0) break;
      read_text();
    }
    completed.err = error.text();
  }
};

class Stream {
 public:
  Stream(Transport& from, const std::vector<std::string>& from_argv, Transport& to,
         const std::vector<std::string>& to_argv, const ProgressFunction& progress)
      : progress_(progress) {
    Pipe sent = make_pipe(pump_pipe_bytes);
    Pipe received = make_pipe(pump_pipe_bytes);
    receiver_.error_pipe = make_pipe();
    sender_.error_pipe = make_pipe();
    // The receiver first: if it cannot be reached, nothing is sent.
    receiver_.process =
        start(to, to_argv, {received.read.get(), receiver_.error_pipe.write.get(), receiver_.error_pipe.write.get()});
    received.read.reset();
    receiver_.error_pipe.write.reset();
    sender_.process = start(from, from_argv, {-1, sent.write.get(), sender_.error_pipe.write.get()});
    sent.write.reset();
    sender_.error_pipe.write.reset();
    pump_.emplace(std::move(sent.read), std::move(received.write));
  }

  StreamResult run() {
    while (!sender_.ended || !receiver_.ended || !pump_->done()) {
      poll_once();
      end_what_is_left_over();
      report(false);
    }
    sender_.finish();
    receiver_.finish();
    if (interrupt_signal() != 0) throw Interrupted(interrupt_signal());
    report(true);
    return {std::move(sender_.completed), std::move(receiver_.completed), pump_->bytes(), seconds()};
  }

 private:
  void poll_once() {
    const bool stopping = interrupt_signal() != 0;
    std::array<pollfd, 7> polled = {pump_->input(),
                                    pump_->output(),
                                    sender_.text(),
                                    sender_.ready(),
                                    receiver_.text(),
                                    receiver_.ready(),
                                    {stopping ? -1 : interrupt_descriptor(), POLLIN, 0}};
    if (poll(polled.data(), polled.size(), static_cast<int>(progress_interval.count())) <= 0) return;
    if (!pump_->done()) pump_->on_poll(polled[0].revents, polled[1].revents);
    sender_.on_poll(polled[2].revents, polled[3].revents);
    receiver_.on_poll(polled[4].revents, polled[5].revents);
  }

  // Once there is a reason to end (a signal, or one side has ended), the pipes are closed as soon as
  // nothing useful can flow, and whoever still runs is asked to end, then made to.
  void end_what_is_left_over() {
    const bool interrupted = interrupt_signal() != 0;
    const bool sender_lost = receiver_.ended && !sender_.ended;
    if (interrupted || receiver_.ended) pump_->stop();
    if (sender_.ended && !pump_->done()) pump_->stop_if_empty();
    if (!interrupted && !sender_lost && !(sender_.ended && pump_->done() && !receiver_.ended)) return;
    const Clock::time_point now = Clock::now();
    if (!ending_since_) {
      ending_since_ = now;
      // A receiver that ended well may have seen the stream's end before the sender did.
      if (interrupted || (sender_lost && !ended_well(receiver_))) ask_to_end();
      return;
    }
    // A receiver that got everything may work on for long: only a failed sender's is hurried.
    const bool hurry = interrupted || sender_lost;
    const auto grace = hurry ? killing_grace : ending_grace;
    if (now - *ending_since_ < grace) return;
    if (hurry || !ended_well(sender_)) {
      ask_to_end();
      ending_since_ = now;
    }
  }

  void ask_to_end() {
    if (!sender_.ended) sender_.process->terminate();
    if (!receiver_.ended) receiver_.process->terminate();
  }

  // Of one that has ended.
  static bool ended_well(End& end) {
    std::string ignored;
    const ExitStatus status = wait(*end.process, ignored);
    return status.kind == ExitKind::exited && status.code == 0;
  }

  double seconds() const { return std::chrono::duration<double>(Clock::now() - started_).count(); }

  void report(bool last) {
    const Clock::time_point now = Clock::now();
    if (!progress_ || (!last && now - reported_ < progress_interval)) return;
    reported_ = now;
    progress_({pump_->bytes(), seconds(), sender_.error.head(), sender_.error.tail()});
  }

  const ProgressFunction& progress_;
  End sender_;
  End receiver_;
  std::optional<Pump> pump_;
  Clock::time_point started_ = Clock::now();
  Clock::time_point reported_ = started_;
  std::optional<Clock::time_point> ending_since_;
};

}  // namespace

StreamResult stream(Transport& from, const std::vector<std::string>& from_argv, Transport& to,
                    const std::vector<std::string>& to_argv, const ProgressFunction& progress) {
  throw_if_interrupted();
  return Stream(from, from_argv, to, to_argv, progress).run();
}

}  // namespace czb
