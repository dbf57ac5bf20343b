// SPDX-License-Identifier: MIT
#include "receiver/host/pump.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <vector>

#include "process/interrupt.h"
#include "receiver/answer.h"

namespace czb::receiver {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t buffer_bytes = 1024 * 1024;
constexpr std::uint64_t patience_bytes = 1024 * 1024;

bool may_come_again() { return errno == EINTR || errno == EAGAIN; }

class Pump {
 public:
  Pump(const PumpTask& task, ZfsProcess& zfs)
      : task_(task), zfs_(zfs), patience_from_(task.from), patience_to_(task.to), buffer_(buffer_bytes) {}

  void run(std::string_view head) {
    const Nonblocking nonblocking(task_.to.fd);
    left_ = head;
    while (!ended_ && !(left_.empty() && task_.at_end())) turn();
  }

 private:
  void turn() {
    const bool has_some = !left_.empty();
    Patience& patience = has_some ? patience_to_ : patience_from_;
    std::array<pollfd, 2> entries = {
        {{has_some ? -1 : task_.from.fd, POLLIN, 0}, {task_.to.fd, static_cast<short>(has_some ? POLLOUT : 0), 0}}};
    const Clock::time_point before = Clock::now();
    zfs_.poll_with_words(entries, patience.poll_time());
    patience.waited(Clock::now() - before);
    // Where nobody takes it the other end may be silent, so that is not waited for.
    const bool taken_by_nobody = (entries[1].revents & (POLLERR | POLLHUP | POLLNVAL)) != 0;
    if (taken_by_nobody || (task_.until_zfs_ends && zfs_.has_ended()))
      ended_ = true;
    else if (entries[1].revents != 0)
      write_some();
    else if (entries[0].revents != 0)
      read_some();
  }

  void read_some() {
    const ssize_t got = read(task_.from.fd, buffer_.data(), buffer_.size());
    if (got < 0 && may_come_again()) return;
    if (got <= 0) {
      ended_ = true;
      return;
    }
    left_ = std::string_view(buffer_.data(), static_cast<std::size_t>(got));
    patience_from_.moved(left_.size());
    task_.look(left_);
  }

  void write_some() {
    const ssize_t written = write(task_.to.fd, left_.data(), left_.size());
    if (written > 0) {
      left_.remove_prefix(static_cast<std::size_t>(written));
      patience_to_.moved(static_cast<std::size_t>(written));
      task_.went(static_cast<std::size_t>(written));
    } else if (written < 0 && !may_come_again()) {
      ended_ = true;
    }
  }

  const PumpTask& task_;
  ZfsProcess& zfs_;
  Patience patience_from_;
  Patience patience_to_;
  std::vector<char> buffer_;
  std::string_view left_;  // in the buffer, or the head, still to be written
  bool ended_ = false;
};

}  // namespace

void Patience::moved(std::size_t bytes) {
  bytes_ += bytes;
  if (bytes_ < patience_bytes) return;
  bytes_ = 0;
  waited_ = {};
}

void Patience::waited(Clock::duration time) {
  waited_ += time;
  if (waited_ >= end_.longest_wait) throw Refused(end_.too_slow);
}

std::chrono::milliseconds Patience::poll_time() const {
  return std::chrono::ceil<std::chrono::milliseconds>(end_.longest_wait - waited_);
}

void pump(const PumpTask& task, std::string_view head, ZfsProcess& zfs) { Pump(task, zfs).run(head); }

bool PatientReader::readable() {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(longest_wait_ - waited_);
  if (zfs_ != nullptr) {
    std::array<pollfd, 2> entries = {{{in_, POLLIN, 0}, {-1, 0, 0}}};
    zfs_->poll_with_words(entries, left);
    return entries[0].revents != 0;
  }
  pollfd entries[2] = {{in_, POLLIN, 0}, {interrupt_descriptor(), POLLIN, 0}};
  if (poll(entries, 2, static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 10'000))) < 0) return false;
  if (entries[1].revents != 0) throw_if_interrupted();
  return entries[0].revents != 0;
}

std::string PatientReader::operator()(std::size_t count) {
  std::string bytes;
  char piece[64 * 1024];
  while (bytes.size() < count) {
    const Clock::time_point before = Clock::now();
    const bool has_some = readable();
    waited_ += Clock::now() - before;
    if (!has_some && waited_ >= longest_wait_)
      throw Refused("the stream's beginning did not come within " + std::to_string(longest_wait_.count()) + " s");
    if (!has_some) continue;
    const ssize_t got = read(in_, piece, std::min(sizeof piece, count - bytes.size()));
    if (got < 0 && may_come_again()) continue;
    if (got <= 0) break;
    bytes.append(piece, static_cast<std::size_t>(got));
  }
  return bytes;
}

}  // namespace czb::receiver
