// SPDX-License-Identifier: MIT
#include "receiver/host/client_words.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "process/interrupt.h"
#include "receiver/answer.h"

namespace czb::receiver {

Nonblocking::Nonblocking(int fd) : fd_(fd), flags_(fcntl(fd, F_GETFL)) {
  if (flags_ >= 0) fcntl(fd_, F_SETFL, flags_ | O_NONBLOCK);
}

Nonblocking::~Nonblocking() {
  if (flags_ >= 0) fcntl(fd_, F_SETFL, flags_);
}

void ClientWords::say(std::string_view line) {
  if (gone_) return;
  left_ += program_name;
  left_ += ": ";
  left_ += line;
  left_ += '\n';
  write_some();
}

void ClientWords::pass_on(std::string_view words) {
  const std::string_view taken = words.substr(0, most_of_zfs - of_zfs_);
  of_zfs_ += taken.size();
  left_out_ += words.size() - taken.size();
  if (gone_) return;
  left_ += taken;
  write_some();
}

void ClientWords::write_some() {
  while (!left_.empty()) {
    const ssize_t written = write(to_, left_.data(), left_.size());
    if (written > 0) {
      left_.erase(0, static_cast<std::size_t>(written));
    } else if (written < 0 && errno != EINTR) {
      gone_ = errno != EAGAIN;
      break;
    }
  }
  if (gone_) left_.clear();
}

bool ClientWords::finish(std::chrono::seconds longest) {
  if (left_out_ > 0) say("zfs said " + std::to_string(left_out_) + " bytes more, which were left out");
  using Clock = std::chrono::steady_clock;
  for (const Clock::time_point until = Clock::now() + longest; descriptor() >= 0;) {
    const auto wait = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
    pollfd entries[2] = {{to_, POLLOUT, 0}, {interrupt_descriptor(), POLLIN, 0}};
    if (wait <= 0 ||
        (poll(entries, 2, static_cast<int>(std::min<std::int64_t>(wait, 10'000))) > 0 && entries[1].revents != 0))
      break;
    write_some();
  }
  return !gone_ && left_.empty();
}

}  // namespace czb::receiver
