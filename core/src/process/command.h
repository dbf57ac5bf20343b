// SPDX-License-Identifier: MIT
// One command through a transport: started, its output collected, its end waited for.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "cyber-zfs-backup/process_pointer.h"
#include "cyber-zfs-backup/transport.h"
#include "process/descriptor.h"
#include "text/far_text.h"

namespace czb {

// How a command ended and what it said.
struct Completed {
  ExitStatus status;
  std::string transport_error;  // what the transport said, when status is transport_failed; fit to be shown
  std::string out;              // data: whoever reads it checks what he takes from it
  FarText err;                  // at most its first 64 KiB and its last 64 to 128
  bool timed_out = false;       // it was ended because it reached its time limit
  std::chrono::seconds time_limit{0};

  bool ok() const { return !timed_out && status.kind == ExitKind::exited && status.code == 0; }
};

// "exit status 1", "ended by signal 9", "the connection failed".
std::string to_string(const ExitStatus& status);

// The same of its status; "took longer than 5 s" when it reached its time limit.
std::string ending_of(const Completed& completed);

// Starts a command. Throws Error (unreachable or failed) with the transport's words.
ProcessPointer start(Transport& transport, const std::vector<std::string>& argv,
                     const StandardDescriptors& descriptors);

// Waits for a command that has ended or is about to.
ExitStatus wait(Process& process, std::string& transport_error);

// Keeps the first 64 KiB and the last 64 to 128 KiB of what is appended.
class BoundedText {
 public:
  void append(std::string_view text);
  std::string text() const;
  std::string_view head() const { return head_; }
  std::string_view tail() const { return tail_; }

 private:
  std::string head_;
  std::string tail_;
  bool cut_ = false;
};

struct RunLimits {
  // Then the command is asked to end, 5 s later made to; 0: none. One that cannot be ended, because it
  // hangs in the kernel, is left behind (Process::release).
  std::chrono::seconds time_limit{0};
  // Written to the command's standard input, as far as it reads; empty: it has none.
  std::string_view input;
};

// Runs a command to its end. Throws Error when it could not be started, and Interrupted after a signal,
// the command having been ended.
Completed run(Transport& transport, const std::vector<std::string>& argv, const RunLimits& limits = {});

}  // namespace czb
