// SPDX-License-Identifier: MIT
// Other programs, run and watched: argv vectors, no shell, never longer than the time given.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <ostream>
#include <string>
#include <vector>

namespace czb::lab {

using Words = std::vector<std::string>;

// Generous: the guest is emulated, on a machine that may be busy. What needs all of it has failed.
inline constexpr std::chrono::seconds patience{900};

struct Result {
  int status = -1;  // the exit status; -N: ended by signal N
  std::string out;
  std::string err;

  std::string text() const { return out + err; }
};

// For GoogleTest's messages.
void PrintTo(const Result& result, std::ostream* stream);

// A program in a process group of its own. The destructor kills the whole group.
class Process {
 public:
  // `environment`: NAME=VALUE words over this program's own. `input`: its standard input, which stays the caller's to
  // close; -1: an empty one.
  explicit Process(const Words& argv, const Words& environment = {}, int input = -1);
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  ~Process();

  pid_t pid() const { return pid_; }
  bool ended();
  bool stopped() const;
  void signal(int number) const;

  // Once. Throws when the time is over, with what the program has said.
  Result wait(std::chrono::seconds limit = patience);

 private:
  std::string command_;
  int out_ = -1;
  int err_ = -1;
  pid_t pid_ = -1;
  int pidfd_ = -1;
  bool reaped_ = false;
};

Result run(const Words& argv, const Words& environment = {}, std::chrono::seconds limit = patience);

// run, and its standard output. Throws, with the command and all that it said, unless it exits with 0.
std::string succeed(const Words& argv);

// The processes of this machine that run a program of that name ("zfs", "ssh"), with `word` among their arguments.
std::vector<pid_t> processes_called(const std::string& program, const std::string& word = "");

// Whether a `zfs send` or `zfs receive` whose other end has stopped is where a signal ends it at once: before a full
// pipe, or asleep before an empty one. A signal that comes while OpenZFS starts its threads is not heeded before the
// whole stream is over (spl_kthread_create takes the mark of it away), and nothing has failed then.
bool waits_in_its_stream(pid_t zfs);

// Whether it comes true in time.
bool comes_true(const std::function<bool()>& condition, std::chrono::seconds limit = patience);

std::string read_file(const std::string& path);
void write_file(const std::string& path, const std::string& text);
std::vector<std::string> lines_of(const std::string& text);

}  // namespace czb::lab
