// SPDX-License-Identifier: MIT
// Runs zfs: by absolute path, with the words of a command line as its argv, and nothing in its environment but PATH and
// LC_ALL=C. It gets SIGTERM when this program ends, however that ends.
#pragma once

#include <sys/types.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "process/descriptor.h"
#include "receiver/host/client_words.h"
#include "zfs/commands.h"

struct pollfd;

namespace czb::receiver {

// How long zfs may do nothing that can be seen from here: as long as no pool that answers makes it wait.
inline constexpr std::chrono::seconds patience_with_zfs = std::chrono::hours(24);

// One that runs. Its descriptors stay the caller's; -1: /dev/null.
class ZfsProcess {
 public:
  // `command`: its first word is the program's name for messages; `file` is executed. Throws Error (failed).
  ZfsProcess(const std::string& file, const CommandLine& command, int in, int out, int err);
  // What it says goes to the client: on its standard error, and on its standard output too where `out` is nothing.
  // That goes on in poll_with_words and the waits, and whether or not the client reads.
  ZfsProcess(const std::string& file, const CommandLine& command, int in, std::optional<int> out, ClientWords& words);
  // Ends one that still runs.
  ~ZfsProcess();
  ZfsProcess(const ZfsProcess&) = delete;
  ZfsProcess& operator=(const ZfsProcess&) = delete;

  // As poll(2), for at most two descriptors, while words go on; returns early, so that the caller looks at the time,
  // and when zfs has ended. A signal to this program asks zfs to end and throws Interrupted.
  void poll_with_words(std::array<pollfd, 2>& entries, std::chrono::milliseconds longest);
  bool has_ended() const;

  // Waits for its end: its exit status, or 128 and the number of the signal that ended it. A signal to this program
  // asks it to end, and throws Interrupted. Throws Error (failed) where it has not ended in patience_with_zfs.
  int wait();
  // The same, but at most so long: nothing when it still runs then.
  std::optional<int> wait_for(std::chrono::seconds longest);

  // SIGTERM, and no more: end() waits.
  void ask_to_end() const;

  // SIGTERM, and SIGKILL where that does not help within 10 seconds; waits, but at most a minute for one that hangs in
  // the kernel.
  void end();

 private:
  ZfsProcess(const std::string& file, const CommandLine& command, int in, std::optional<int> out, Pipe words,
             ClientWords& to);
  bool ended_within(int milliseconds) const;
  int reap();
  void pass_words_on();

  pid_t pid_ = -1;
  Descriptor pidfd_;
  bool reaped_ = false;
  int status_ = 0;
  Descriptor said_;  // its words come here
  ClientWords* words_ = nullptr;
};

struct Output {
  int status = 0;  // as of ZfsProcess::wait
  std::string out;
  std::string err;  // its first 8 KiB
};

// The longest listing that is taken.
inline constexpr std::size_t most_listed = std::size_t{256} << 20;

// Runs a command to its end and keeps what it says. Throws Error (failed) for more than `most` bytes of output, and
// when it has not ended after `longest`.
Output run_zfs(const std::string& file, const CommandLine& command, std::size_t most = most_listed,
               std::chrono::seconds longest = std::chrono::hours(1));

// The same, with the output given away as it comes: it is not in what is returned.
Output run_zfs_into(const std::function<void(std::string_view bytes)>& take, const std::string& file,
                    const CommandLine& command, std::size_t most = most_listed,
                    std::chrono::seconds longest = std::chrono::hours(1));

// Whether it failed because the dataset does not exist.
bool says_missing(const Output& output, const std::string& dataset);

// Of a command that tells what is here, and did not fail. zfs leaves out what it cannot read, and goes on with what is
// above that: it says so, and exits with 0. Throws Error (failed) where it said anything.
void check_tells_all(const Output& output, const std::string& command);

// What it says, or Error (failed) with its words; also where it is a list or get that does not tell all.
std::string output_of(const std::string& file, const CommandLine& command);

}  // namespace czb::receiver
