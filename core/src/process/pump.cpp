// SPDX-License-Identifier: MIT
#include "process/pump.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace czb {
namespace {

constexpr int turns_at_once = 64;  // then everyone else gets a turn
// Of what goes through the buffer: little enough to be in the processor's cache when it is written.
constexpr std::size_t piece_bytes = 256 * 1024;

}  // namespace

Pump::Pump(Descriptor from, Descriptor to, std::uint64_t buffer_bytes, std::shared_ptr<RateLimit> rate)
    : from_(std::move(from)), to_(std::move(to)), rate_(std::move(rate)) {
  set_nonblocking(from_.get());
  set_nonblocking(to_.get());
  if (buffer_bytes > 0) buffer_.emplace(buffer_bytes);
}

pollfd Pump::input() const {
  const bool wanted = buffer_ ? !buffer_->full() : !waits_for_room_ && !held_back();
  return {wanted ? from_.get() : -1, POLLIN, 0};
}

pollfd Pump::output() const {
  const bool wanted = !held_back() && (buffer_ ? !buffer_->empty() : waits_for_room_);
  return {to_.get(), static_cast<short>(wanted ? POLLOUT : 0), 0};
}

bool Pump::on_poll(short input_events, short output_events) {
  if (done()) return false;
  if ((output_events & (POLLERR | POLLNVAL)) != 0) {  // nobody reads any more
    stop();
    return false;
  }
  if (input_events == 0 && (output_events & POLLOUT) == 0) return false;
  return buffer_ ? pass_through_buffer(input_events != 0) : splice_over();
}

bool Pump::splice_over() {
  bool any = false;
  waits_for_room_ = false;
  for (int turn = 0; turn < turns_at_once && !done() && !held_back(); ++turn) {
    const auto most = static_cast<std::size_t>(std::min<std::uint64_t>(input_left_, pipe_bytes));
    const ssize_t moved = splice(from_.get(), nullptr, to_.get(), nullptr, std::min(most, rate_.allowance()),
                                 SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
    if (moved < 0 && errno == EINTR) continue;
    if (moved < 0 && errno == EAGAIN) {
      find_out_what_is_missing();
      break;
    }
    if (moved <= 0) {  // end of file, or the reader is gone
      stop();
      break;
    }
    any = true;
    bytes_ += static_cast<std::uint64_t>(moved);
    rate_.spend(static_cast<std::size_t>(moved));
    took_input(moved);
  }
  return any;
}

void Pump::find_out_what_is_missing() {
  pollfd room = {to_.get(), POLLOUT, 0};
  waits_for_room_ = poll(&room, 1, 0) == 0;
}

bool Pump::pass_through_buffer(bool readable) {
  bool any = false;
  for (int turn = 0; turn < turns_at_once; ++turn) {
    readable = readable && fill();
    const bool drained = drain();
    if (!readable && !drained) break;
    any = true;
  }
  return any;
}

// These two: whether it is worth trying again, which it is when a byte moved.
bool Pump::fill() {
  if (!from_ || buffer_->full()) return false;
  const auto most = static_cast<std::size_t>(std::min<std::uint64_t>(input_left_, piece_bytes));
  const ssize_t got = buffer_->read_from(from_.get(), most);
  if (got > 0)
    took_input(got);
  else if (got == 0 || (errno != EINTR && errno != EAGAIN))
    end_of_input();
  return got > 0;
}

bool Pump::drain() {
  if (done() || buffer_->empty() || held_back()) return false;
  const ssize_t written = buffer_->write_to(to_.get(), std::min(piece_bytes, rate_.allowance()));
  if (written > 0) {
    bytes_ += static_cast<std::uint64_t>(written);
    rate_.spend(static_cast<std::size_t>(written));
    if (!from_ && buffer_->empty()) stop();
  } else if (written < 0 && errno != EINTR && errno != EAGAIN) {
    stop();
  }
  return written > 0;
}

void Pump::sender_ended() {
  if (!from_ || input_left_ != unknown) return;
  input_left_ = bytes_in_pipe(from_.get());
  if (input_left_ == 0) end_of_input();
}

void Pump::took_input(ssize_t bytes) {
  if (input_left_ == unknown) return;
  input_left_ -= static_cast<std::uint64_t>(bytes);
  if (input_left_ == 0) end_of_input();
}

void Pump::end_of_input() {
  from_.reset();
  if (!buffer_ || buffer_->empty()) stop();
}

void Pump::stop() {
  from_.reset();
  to_.reset();
}

}  // namespace czb
