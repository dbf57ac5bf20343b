// SPDX-License-Identifier: MIT
#include "process/running_stream.h"

#include <algorithm>
#include <utility>

namespace czb {
namespace {

// How long a side may go on after the other has ended and its pipe was closed.
constexpr std::chrono::seconds ending_grace(60);
constexpr std::chrono::seconds killing_grace(5);

double seconds_between(SteadyClock::time_point begin, SteadyClock::time_point end) {
  return std::chrono::duration<double>(end - begin).count();
}

}  // namespace

RunningStream::RunningStream(const StreamRequest& request)
    : RunningStream(request, make_pipe(Pump::pipe_bytes), make_pipe(Pump::pipe_bytes)) {}

// The pipes' other ends close when this returns: then only the two sides hold them.
RunningStream::RunningStream(const StreamRequest& request, Pipe sent, Pipe received)
    : limits_(request.limits),
      receiver_(*request.to, request.to_argv, received.read.get(), -1),
      sender_(*request.from, request.from_argv, -1, sent.write.get()),
      pump_(std::move(sent.read), std::move(received.write), limits_.buffer_bytes, limits_.rate) {}

void RunningStream::begin_turn(std::vector<pollfd>& polled, SteadyClock::time_point now) {
  pump_.begin_turn(now);
  polled.insert(polled.end(),
                {pump_.input(), pump_.output(), sender_.text(), sender_.ready(), receiver_.text(), receiver_.ready()});
}

SteadyClock::time_point RunningStream::deadline() const {
  return std::min(end_at_, !pump_.done() && pump_.held_back() ? pump_.opens_at() : stall_deadline());
}

void RunningStream::take_turn(const pollfd* polled, SteadyClock::time_point now, bool stop) {
  const bool could_move = !pump_.held_back();
  if (pump_.on_poll(polled[0].revents, polled[1].revents)) moved_at_ = now;
  sender_.on_poll(polled[2].revents, polled[3].revents);
  receiver_.on_poll(polled[4].revents, polled[5].revents);
  if (stop || receiver_.ended()) pump_.stop();
  if (sender_.ended()) pump_.sender_ended();
  if (pump_.done() && !delivered_at_) delivered_at_ = now;
  look_for_a_stall(now, could_move);
  end_what_is_left_over(now, stop);
}

// A turn in which the rate limit let nothing pass says nothing: whatever came in the meantime moves in
// the next one that lets something pass.
void RunningStream::look_for_a_stall(SteadyClock::time_point now, bool could_move) {
  if (stalled_ || !(could_move || pump_.done()) || now < stall_deadline()) return;
  stalled_ = true;
  pump_.stop();
}

SteadyClock::time_point RunningStream::stall_deadline() const {
  if (stalled_ || receiver_.ended()) return never;
  const SteadyClock::time_point since = delivered_at_ ? *delivered_at_ : moved_at_;
  const std::chrono::seconds limit = delivered_at_ ? limits_.ending_limit : limits_.idle_limit;
  return limit.count() > 0 ? since + limit : never;
}

// Once there is a reason to end, whoever still runs is asked to, then made to.
void RunningStream::end_what_is_left_over(SteadyClock::time_point now, bool stop) {
  const std::optional<std::chrono::seconds> may_go_on = grace(stop);
  if (!may_go_on || over()) return;
  if (!ending_since_) ending_since_ = now;
  if (asked_to_end_ == 0) end_at_ = *ending_since_ + *may_go_on;
  if (now < end_at_) return;
  end_at_ = now + killing_grace;
  // To a signal's sender we promised that both are waited for.
  if (asked_to_end_ >= 2 && stalled_ && !stop) given_up_ = true;
  sender_.terminate();
  receiver_.terminate();
  ++asked_to_end_;
}

// How long what still runs may go on; nothing: as long as it likes.
std::optional<std::chrono::seconds> RunningStream::grace(bool stop) const {
  if (stop || stalled_) return std::chrono::seconds(0);
  // A receiver that ended well may have seen the stream's end before the sender did.
  if (receiver_.ended() && !sender_.ended()) return receiver_.ended_well() ? killing_grace : std::chrono::seconds(0);
  // A receiver that got everything may work on for long: only a failed sender's is hurried.
  if (sender_.ended() && !sender_.ended_well() && pump_.done() && !receiver_.ended()) return ending_grace;
  return std::nullopt;
}

bool RunningStream::over() const { return given_up_ || (sender_.ended() && receiver_.ended() && pump_.done()); }

void RunningStream::finish() {
  seconds_ = seconds_between(started_, SteadyClock::now());
  sender_.finish();
  receiver_.finish();
}

StreamProgress RunningStream::progress(SteadyClock::time_point now) const {
  return {pump_.bytes(), over() ? seconds_ : seconds_between(started_, now), sender_.head(), sender_.tail()};
}

StreamResult RunningStream::result() const {
  StreamResult result;
  result.sender = sender_.completed();
  result.receiver = receiver_.completed();
  result.bytes = pump_.bytes();
  result.seconds = seconds_;
  result.stalled = stalled_;
  return result;
}

}  // namespace czb
