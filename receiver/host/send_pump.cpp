// SPDX-License-Identifier: MIT
#include "receiver/host/send_pump.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <vector>

#include "process/descriptor.h"
#include "process/interrupt.h"
#include "receiver/answer.h"

namespace czb::receiver {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t buffer_bytes = 1024 * 1024;
constexpr std::uint64_t patience_bytes = 1024 * 1024;

class SendPump {
 public:
  SendPump(int in, int out, std::chrono::seconds longest_wait, std::uint64_t& bytes)
      : in_(in), out_(out), longest_wait_(longest_wait), bytes_(bytes), buffer_(buffer_bytes) {
    set_nonblocking(out_);
  }

  void run(std::string_view head) {
    left_ = head;
    while (!ended_) turn();
  }

 private:
  void turn() {
    const bool has_some = !left_.empty();
    pollfd entries[2] = {{has_some ? out_ : in_, static_cast<short>(has_some ? POLLOUT : POLLIN), 0},
                         {interrupt_descriptor(), POLLIN, 0}};
    const auto longest = std::chrono::milliseconds(longest_wait_).count();
    const Clock::time_point before = Clock::now();
    if (poll(entries, 2, has_some ? static_cast<int>(std::min<std::int64_t>(10'000, longest)) : -1) < 0) return;
    if (has_some) waited(Clock::now() - before);
    if (entries[1].revents != 0) throw_if_interrupted();
    if (entries[0].revents == 0) return;
    if (has_some)
      write_some();
    else
      read_some();
  }

  void read_some() {
    const ssize_t got = read(in_, buffer_.data(), buffer_.size());
    if (got > 0)
      left_ = std::string_view(buffer_.data(), static_cast<std::size_t>(got));
    else if (got == 0 || errno != EINTR)
      ended_ = true;
  }

  void write_some() {
    const ssize_t written = write(out_, left_.data(), left_.size());
    if (written > 0) {
      left_.remove_prefix(static_cast<std::size_t>(written));
      count(static_cast<std::uint64_t>(written));
    } else if (written < 0 && errno != EINTR && errno != EAGAIN) {
      ended_ = true;
    }
  }

  // A reader that keeps still would keep zfs here for ever.
  void waited(Clock::duration time) {
    waited_ += time;
    if (waited_ >= longest_wait_)
      throw Refused("the stream was not taken for " + std::to_string(longest_wait_.count()) + " s");
  }

  void count(std::uint64_t more) {
    bytes_ += more;
    since_ += more;
    if (since_ < patience_bytes) return;
    since_ = 0;
    waited_ = {};
  }

  int in_;
  int out_;
  std::chrono::seconds longest_wait_;
  std::uint64_t& bytes_;
  std::uint64_t since_ = 0;      // bytes since waited_ began anew
  Clock::duration waited_ = {};  // for the reader
  std::vector<char> buffer_;
  std::string_view left_;  // in the buffer, or the head, still to be written
  bool ended_ = false;
};

}  // namespace

void pump_sent(int in, int out, std::string_view head, std::chrono::seconds longest_wait, std::uint64_t& bytes) {
  SendPump(in, out, longest_wait, bytes).run(head);
}

}  // namespace czb::receiver
