// SPDX-License-Identifier: MIT
// Runs zfs: by absolute path, with the words of a command line as its argv, and nothing in its environment but PATH and
// LC_ALL=C. It gets SIGTERM when this program ends, however that ends.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

#include "process/descriptor.h"
#include "zfs/commands.h"

namespace czb::receiver {

// One that runs. Its descriptors stay the caller's; -1: /dev/null.
class ZfsProcess {
 public:
  // `command`: its first word is the program's name for messages; `file` is executed. Throws Error (failed).
  ZfsProcess(const std::string& file, const CommandLine& command, int in, int out, int err);
  // Ends one that still runs.
  ~ZfsProcess();
  ZfsProcess(const ZfsProcess&) = delete;
  ZfsProcess& operator=(const ZfsProcess&) = delete;

  // Polls readable once it has ended.
  int ended_descriptor() const { return pidfd_.get(); }

  // Waits for its end: its exit status, or 128 and the number of the signal that ended it. A signal to this program
  // ends it too, and throws Interrupted.
  int wait();
  // The same, but at most so long: nothing when it still runs then.
  std::optional<int> wait_for(std::chrono::seconds longest);

  // SIGTERM, and SIGKILL where that does not help within 10 seconds; waits, but at most a minute for one that hangs in
  // the kernel.
  void end();

 private:
  bool ended_within(int milliseconds) const;
  int reap();

  pid_t pid_ = -1;
  Descriptor pidfd_;
  bool reaped_ = false;
  int status_ = 0;
};

struct Output {
  int status = 0;  // as of ZfsProcess::wait
  std::string out;
  std::string err;  // its first 8 KiB
};

// Runs a command to its end and keeps what it says. Throws Error (failed) for more than `most` bytes of output, and
// when it has not ended after `longest`.
Output run_zfs(const std::string& file, const CommandLine& command, std::size_t most = std::size_t{256} << 20,
               std::chrono::seconds longest = std::chrono::hours(1));

// Whether it failed because the dataset does not exist.
bool says_missing(const Output& output, const std::string& dataset);

// What it says, or Error (failed) with its words.
std::string output_of(const std::string& file, const CommandLine& command);

// Runs a command whose output goes where ours goes; it has no input. Throws Refused when it has not ended after
// `longest`, and ends it: a client that does not read what it asked for would keep it for ever.
int pass_through(const std::string& file, const CommandLine& command,
                 std::chrono::seconds longest = std::chrono::hours(1));

}  // namespace czb::receiver
