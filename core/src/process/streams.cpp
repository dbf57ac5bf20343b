// SPDX-License-Identifier: MIT
#include "process/streams.h"

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <utility>

#include "process/interrupt.h"
#include "process/running_stream.h"

namespace czb {
namespace {

constexpr std::chrono::seconds progress_interval(1);

class StreamsRunner {
 public:
  StreamsRunner(unsigned limit, StreamFeed& feed) : limit_(std::max(limit, 1U)), feed_(feed) {}

  void run() {
    throw_if_interrupted();
    start_more();
    while (!running_.empty()) {
      take_turn();
      if (take_out_ended()) start_more();
      if (SteadyClock::now() - reported_ >= progress_interval) report();
    }
    throw_if_interrupted();
  }

 private:
  struct One {
    std::size_t id;
    std::unique_ptr<RunningStream> stream;
  };

  void start_more() {
    while (running_.size() < limit_ && interrupt_signal() == 0) {
      std::optional<StreamTask> task = feed_.next();
      if (!task) return;
      if (std::optional<Error> error = start_one(*task)) {
        StreamResult result;
        result.not_started = std::move(error);
        feed_.ended(task->id, std::move(result));
      }
    }
  }

  std::optional<Error> start_one(const StreamTask& task) {
    try {
      running_.push_back({task.id, std::make_unique<RunningStream>(task.request)});
    } catch (const Error& error) {
      return error;
    } catch (const Interrupted&) {
      // run() throws it, when those that run have ended.
    }
    return std::nullopt;
  }

  // Waits until something happens, and lets every stream do what it can.
  void take_turn() {
    const SteadyClock::time_point now = SteadyClock::now();
    const bool stopping = interrupt_signal() != 0;
    SteadyClock::time_point until = stopping ? never : reported_ + progress_interval;
    polled_.clear();
    for (const One& one : running_) {
      one.stream->begin_turn(polled_, now);
      until = std::min(until, one.stream->deadline());
    }
    polled_.push_back({stopping ? -1 : interrupt_descriptor(), POLLIN, 0});
    if (poll(polled_.data(), polled_.size(), poll_timeout(now, until)) < 0 && errno != EINTR)
      throw Error(ExitCode::failed, "poll failed");
    const SteadyClock::time_point after = SteadyClock::now();
    const pollfd* polled = polled_.data();
    for (const One& one : running_) {
      one.stream->take_turn(polled, after, interrupt_signal() != 0);
      polled += RunningStream::descriptors;
    }
  }

  bool take_out_ended() {
    bool any = false;
    for (std::size_t i = 0; i < running_.size();) {
      if (!running_[i].stream->over()) {
        ++i;
        continue;
      }
      any = true;
      running_[i].stream->finish();
      report();
      const std::size_t id = running_[i].id;
      StreamResult result = running_[i].stream->result();
      running_.erase(running_.begin() + static_cast<std::ptrdiff_t>(i));
      ended_bytes_ += result.bytes;
      if (interrupt_signal() == 0) feed_.ended(id, std::move(result));
    }
    return any;
  }

  void report() {
    if (interrupt_signal() != 0) return;
    reported_ = SteadyClock::now();
    StreamsProgress progress;
    for (const One& one : running_) progress.running.push_back({one.id, one.stream->progress(reported_)});
    progress.ended_bytes = ended_bytes_;
    feed_.progress(progress);
  }

  const std::size_t limit_;
  StreamFeed& feed_;
  std::vector<One> running_;
  std::vector<pollfd> polled_;
  std::uint64_t ended_bytes_ = 0;
  SteadyClock::time_point reported_ = SteadyClock::now();
};

}  // namespace

void StreamFeed::progress(const StreamsProgress&) {}

void run_streams(unsigned limit, StreamFeed& feed) { StreamsRunner(limit, feed).run(); }

}  // namespace czb
