// SPDX-License-Identifier: MIT
// Which fault, and where in a command's stream. The stream is the command's standard input where it is given one, else
// its standard output; its standard error is never touched.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>

namespace czb::fault {

enum class Kind {
  none,
  cut,     // after so many bytes the stream ends: for a reading command in an end of file, for a writing one in SIGPIPE
  stall,   // after so many bytes nothing moves, nor does the command's end become known, until it is terminated
  delay,   // after so many bytes a pause, once
  garble,  // the byte after so many bytes has all its bits flipped
  drop,    // after so many bytes, at the latest at the command's end: its group is killed, the session lost
  fail,    // the command is not run: instead an error text, and exit status 1
  kill,    // after so many bytes the command is killed
  refuse,  // the session does not open
  stop,    // after so many bytes the program itself is stopped (SIGSTOP), until somebody continues it
};

struct Fault {
  Kind kind = Kind::none;
  std::uint64_t after = 0;  // bytes
  std::chrono::milliseconds pause{0};
};

// What the session and its processes share.
class Session {
 public:
  explicit Session(std::string log) : log_(std::move(log)) {}

  void begin() noexcept { lost_ = false; }
  void lose() noexcept { lost_ = true; }
  bool lost() const noexcept { return lost_; }

  // Adds a line to the log, whole even where two processes write it. Without a log: does nothing.
  void note(std::string line) const noexcept {
    if (log_.empty()) return;
    const int file = ::open(log_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0) return;
    line += '\n';
    const ssize_t written = ::write(file, line.data(), line.size());
    static_cast<void>(written);
    ::close(file);
  }

 private:
  std::string log_;
  std::atomic<bool> lost_{false};
};

}  // namespace czb::fault
