// SPDX-License-Identifier: MIT
#include "receiver/receive_pump.h"

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

constexpr std::size_t buffer_bytes = 1024 * 1024;

class Pump {
 public:
  Pump(int in, Descriptor out, StreamScan& scan, StreamCap cap, ZfsProcess& zfs, std::uint64_t& bytes)
      : in_(in), out_(std::move(out)), scan_(scan), cap_(cap), zfs_(zfs), bytes_(bytes), buffer_(buffer_bytes) {
    set_nonblocking(out_.get());
  }

  void run(std::string_view head) {
    count(head.size());
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
    if (poll(entries, 4, -1) < 0) return;
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

  void count(std::size_t more) {
    bytes_ += more;
    if (cap_.most != 0 && bytes_ > cap_.most)
      throw Refused("the stream is longer than the " + std::to_string(cap_.most) +
                    " bytes that this key may send at once (--max-stream); what came is kept and can be continued");
  }

  int in_;
  Descriptor out_;
  StreamScan& scan_;
  StreamCap cap_;
  ZfsProcess& zfs_;
  std::uint64_t& bytes_;
  std::vector<char> buffer_;
  std::string_view left_;  // in the buffer, or the head, still to be written
};

}  // namespace

std::string read_exactly(int in, std::size_t count) {
  std::string bytes;
  char piece[64 * 1024];
  while (bytes.size() < count) {
    pollfd entries[2] = {{in, POLLIN, 0}, {interrupt_descriptor(), POLLIN, 0}};
    if (poll(entries, 2, -1) < 0) continue;
    if (entries[1].revents != 0) throw_if_interrupted();
    if (entries[0].revents == 0) continue;
    const ssize_t got = read(in, piece, std::min(sizeof piece, count - bytes.size()));
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (got <= 0) break;
    bytes.append(piece, static_cast<std::size_t>(got));
  }
  return bytes;
}

void pump_stream(int in, Descriptor out, const std::string& head, StreamScan& scan, StreamCap cap, ZfsProcess& zfs,
                 std::uint64_t& bytes) {
  try {
    Pump(in, std::move(out), scan, cap, zfs, bytes).run(head);
  } catch (...) {
    zfs.end();
    throw;
  }
}

}  // namespace czb::receiver
