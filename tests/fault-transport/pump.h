// SPDX-License-Identifier: MIT
// Moves a command's stream between the host's descriptor and the command's, and lets the fault happen to it.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "cyber-zfs-backup/local_process.h"
#include "fault.h"

namespace czb::fault {

using Descriptor = local_process_detail::OwnedDescriptor;

class Pump {
 public:
  struct Ends {
    Descriptor from;
    Descriptor to;
    bool into_command = false;  // the stream is its standard input
  };
  // `what`: the command, for the log. `pid` and `pidfd` are the command's, not reaped while run() runs; `stop` polls
  // readable once the host has asked the command to end.
  Pump(Ends ends, Fault fault, std::string what, std::shared_ptr<Session> session, pid_t pid, int pidfd, int stop)
      : ends_(std::move(ends)),
        fault_(fault),
        what_(std::move(what)),
        session_(std::move(session)),
        pid_(pid),
        pidfd_(pidfd),
        stop_(stop) {}

  // Returns when the stream and the command have ended. Signals must be blocked (SIGPIPE).
  void run() noexcept;

  // Whether the link was dropped, and so nothing is known of how the command ended. Any thread may ask.
  bool dropped() const noexcept { return dropped_; }

 private:
  void move_stream() noexcept;
  bool move_some() noexcept;
  bool write_all(const char* bytes, std::size_t count) noexcept;
  bool wait_for(int descriptor, short events) noexcept;
  bool stopped_within(int milliseconds) const noexcept;
  bool strike() noexcept;
  void close_both() noexcept;

  Ends ends_;
  Fault fault_;
  std::string what_;
  std::shared_ptr<Session> session_;
  pid_t pid_;
  int pidfd_;
  int stop_;
  std::uint64_t moved_ = 0;
  bool pending_ = true;     // the fault is still to come
  bool flip_next_ = false;  // garble: the next byte
  std::atomic<bool> dropped_{false};
};

}  // namespace czb::fault
