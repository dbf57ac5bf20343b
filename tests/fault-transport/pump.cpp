// SPDX-License-Identifier: MIT
#include "pump.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>

namespace czb::fault {
namespace {

// A pipe that polls writable takes this much at once, without blocking.
constexpr std::size_t chunk = 4096;
constexpr int for_ever = -1;

// Whether one of `count` entries has an event; false when the time is over.
bool poll_all(pollfd* entries, nfds_t count, int milliseconds) noexcept {
  int answer = 0;
  do {
    answer = ::poll(entries, count, milliseconds);
  } while (answer < 0 && errno == EINTR);
  return answer > 0;
}

}  // namespace

void Pump::run() noexcept {
  move_stream();
  close_both();
  pollfd ended = {pidfd_, POLLIN, 0};
  poll_all(&ended, 1, for_ever);
  if (fault_.kind == Kind::drop && pending_) strike();
}

void Pump::move_stream() noexcept {
  for (;;) {
    if (pending_ && fault_.kind != Kind::none && moved_ == fault_.after && !strike()) return;
    if (!move_some()) return;
  }
}

// The fault happens. False when the stream is over with it.
bool Pump::strike() noexcept {
  pending_ = false;
  session_->note("fault after " + std::to_string(moved_) + " bytes of " + what_);
  switch (fault_.kind) {
    case Kind::cut:
      return false;
    case Kind::stall:
      stopped_within(for_ever);
      return false;
    case Kind::delay:
      return !stopped_within(static_cast<int>(fault_.pause.count()));
    case Kind::garble:
      flip_next_ = true;
      return true;
    case Kind::drop:
      dropped_ = true;
      session_->lose();
      ::kill(-pid_, SIGKILL);
      return false;
    case Kind::kill:
      ::kill(pid_, SIGKILL);
      return true;
    case Kind::stop:
      ::kill(::getpid(), SIGSTOP);
      return true;
    default:
      return true;
  }
}

// False at the end of the stream, or when nobody is left to read it.
bool Pump::move_some() noexcept {
  std::array<char, chunk> buffer;
  std::size_t most = buffer.size();
  if (pending_ && fault_.kind != Kind::none) {
    most = static_cast<std::size_t>(std::min<std::uint64_t>(most, fault_.after - moved_));
  }
  if (ends_.from.get() < 0 || !wait_for(ends_.from.get(), POLLIN)) return false;
  ssize_t got = 0;
  do {
    got = ::read(ends_.from.get(), buffer.data(), most);
  } while (got < 0 && errno == EINTR);
  if (got <= 0) return false;
  if (flip_next_) {
    buffer[0] = static_cast<char>(~buffer[0]);
    flip_next_ = false;
  }
  if (!write_all(buffer.data(), static_cast<std::size_t>(got))) return false;
  moved_ += static_cast<std::uint64_t>(got);
  return true;
}

bool Pump::write_all(const char* bytes, std::size_t count) noexcept {
  while (count > 0) {
    if (!wait_for(ends_.to.get(), POLLOUT)) return false;
    const ssize_t written = ::write(ends_.to.get(), bytes, count);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes += written;
    count -= static_cast<std::size_t>(written);
  }
  return true;
}

// False when there is nothing more to wait for: the host has asked for the end, or the command has ended and the
// descriptor has nothing. What a command wrote before it ended is still moved, and nothing is moved to one that ended.
bool Pump::wait_for(int descriptor, short events) noexcept {
  const bool of_command = (descriptor == ends_.to.get()) == ends_.into_command;
  bool command_ended = false;
  for (;;) {
    pollfd entries[3] = {{stop_, POLLIN, 0}, {descriptor, events, 0}, {command_ended ? -1 : pidfd_, POLLIN, 0}};
    const bool something = poll_all(entries, 3, command_ended && of_command ? 0 : for_ever);
    if (!something || entries[0].revents != 0) return false;
    command_ended = command_ended || entries[2].revents != 0;
    if (command_ended && ends_.into_command) return false;
    if (entries[1].revents != 0) return true;
  }
}

bool Pump::stopped_within(int milliseconds) const noexcept {
  pollfd entry = {stop_, POLLIN, 0};
  return poll_all(&entry, 1, milliseconds);
}

void Pump::close_both() noexcept {
  ends_.from.reset();
  ends_.to.reset();
}

}  // namespace czb::fault
