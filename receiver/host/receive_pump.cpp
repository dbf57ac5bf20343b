// SPDX-License-Identifier: MIT
#include "receiver/host/receive_pump.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <utility>
#include <vector>

#include "process/interrupt.h"
#include "receiver/answer.h"

namespace czb::receiver {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t buffer_bytes = 1024 * 1024;
constexpr std::uint64_t patience_bytes = 1024 * 1024;

class Pump {
 public:
  Pump(int in, Descriptor out, StreamScan& scan, const StreamLimits& limits, ZfsProcess& zfs, std::uint64_t& bytes)
      : in_(in), out_(std::move(out)), scan_(scan), limits_(limits), zfs_(zfs), bytes_(bytes), buffer_(buffer_bytes) {
    set_nonblocking(out_.get());
  }

  void run(std::string_view head) {
    count(0);  // what had come before
    left_ = head;
    while (out_) {
      if (left_.empty() && scan_.at_end()) break;
      turn();
    }
  }

 private:
  void turn() {
    const bool has_some = !left_.empty();
    pollfd entries[4] = {{has_some ? -1 : in_, POLLIN, 0},
                         {out_.get(), static_cast<short>(has_some ? POLLOUT : 0), 0},
                         {zfs_.ended_descriptor(), POLLIN, 0},
                         {interrupt_descriptor(), POLLIN, 0}};
    const Clock::time_point before = Clock::now();
    if (poll(entries, 4, has_some ? -1 : longest_poll_) < 0) return;
    if (!has_some) waited(Clock::now() - before);
    if (entries[3].revents != 0) throw_if_interrupted();
    if (entries[2].revents != 0 || (entries[1].revents & (POLLERR | POLLNVAL)) != 0) {
      out_.reset();  // nobody reads any more; the sender may be silent, so it is not waited for
    } else if (has_some) {
      if (entries[1].revents != 0) write_some();
    } else if (entries[0].revents != 0) {
      read_some();
    }
  }

  void read_some() {
    const ssize_t got = read(in_, buffer_.data(), buffer_.size());
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) return;
    if (got <= 0) {
      out_.reset();  // zfs finds the end, and says whether the stream was complete
      return;
    }
    left_ = std::string_view(buffer_.data(), static_cast<std::size_t>(got));
    count(left_.size());
    scan_.feed(left_);
  }

  void write_some() {
    const ssize_t written = write(out_.get(), left_.data(), left_.size());
    if (written > 0)
      left_.remove_prefix(static_cast<std::size_t>(written));
    else if (written < 0 && errno != EINTR && errno != EAGAIN)
      out_.reset();
  }

  // A sender that keeps still would keep what is locked for it.
  void waited(Clock::duration time) {
    waited_ += time;
    if (waited_ < limits_.longest_wait) return;
    throw Refused("the stream stood still for " + std::to_string(limits_.longest_wait.count()) +
                  " s; what came is kept and can be continued");
  }

  void count(std::size_t more) {
    bytes_ += more;
    since_ += more;
    if (since_ >= patience_bytes) {
      since_ = 0;
      waited_ = {};
    }
    if (limits_.most != 0 && bytes_ > limits_.most)
      throw Refused("the stream is longer than the " + std::to_string(limits_.most) +
                    " bytes that this key may send at once (--max-stream); what came is kept and can be continued");
    if (limits_.on_bytes) limits_.on_bytes(bytes_);
  }

  int in_;
  Descriptor out_;
  StreamScan& scan_;
  StreamLimits limits_;
  int longest_poll_ = static_cast<int>(std::min<std::int64_t>(10'000, 1000 * limits_.longest_wait.count()));  // ms
  ZfsProcess& zfs_;
  std::uint64_t& bytes_;
  std::uint64_t since_ = 0;      // bytes since waited_ began anew
  Clock::duration waited_ = {};  // for the sender
  std::vector<char> buffer_;
  std::string_view left_;  // in the buffer, or the head, still to be written
};

}  // namespace

std::string read_exactly(int in, std::size_t count) {
  PatientReader reader(in, std::chrono::hours(24 * 365));
  return reader(count);
}

std::string PatientReader::operator()(std::size_t count) {
  std::string bytes;
  char piece[64 * 1024];
  const int longest_poll = static_cast<int>(std::min<std::int64_t>(10'000, 1000 * longest_wait_.count()));  // ms
  while (bytes.size() < count) {
    pollfd entries[2] = {{in_, POLLIN, 0}, {interrupt_descriptor(), POLLIN, 0}};
    const Clock::time_point before = Clock::now();
    const int answer = poll(entries, 2, longest_poll);
    waited_ += Clock::now() - before;
    if (answer < 0) continue;
    if (entries[1].revents != 0) throw_if_interrupted();
    if (entries[0].revents == 0 && waited_ >= longest_wait_)
      throw Refused("the stream's beginning did not come within " + std::to_string(longest_wait_.count()) + " s");
    if (entries[0].revents == 0) continue;
    const ssize_t got = read(in_, piece, std::min(sizeof piece, count - bytes.size()));
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (got <= 0) break;
    bytes.append(piece, static_cast<std::size_t>(got));
  }
  return bytes;
}

void pump_stream(int in, Descriptor out, const std::string& head, StreamScan& scan, const StreamLimits& limits,
                 ZfsProcess& zfs, std::uint64_t& bytes) {
  try {
    Pump(in, std::move(out), scan, limits, zfs, bytes).run(head);
  } catch (...) {
    zfs.end();
    throw;
  }
}

void write_stream(Descriptor out, std::string_view bytes, ZfsProcess& zfs) {
  set_nonblocking(out.get());
  while (!bytes.empty()) {
    pollfd entries[3] = {
        {out.get(), POLLOUT, 0}, {zfs.ended_descriptor(), POLLIN, 0}, {interrupt_descriptor(), POLLIN, 0}};
    if (poll(entries, 3, -1) < 0) continue;
    if (entries[2].revents != 0) {
      zfs.end();
      throw_if_interrupted();
    }
    if (entries[1].revents != 0 || (entries[0].revents & (POLLERR | POLLNVAL)) != 0) return;
    const ssize_t written = write(out.get(), bytes.data(), bytes.size());
    if (written > 0)
      bytes.remove_prefix(static_cast<std::size_t>(written));
    else if (written < 0 && errno != EINTR && errno != EAGAIN)
      return;
  }
}

}  // namespace czb::receiver
