// SPDX-License-Identifier: MIT
// How the core says that something went wrong: by throwing Error, with a message for the user and
// the exit code that fits. Nothing else is thrown on purpose (docs/adr/0002).
#pragma once

#include <stdexcept>
#include <string>

namespace czb {

// The program's exit codes; README and the man page list them. A run that meets several ends with
// the one that is listed first in `worse_of`.
enum class ExitCode : int {
  ok = 0,
  failed = 1,        // a command failed, or the sides do not agree afterwards
  usage = 2,         // wrong options, configuration, plugin or dataset: that job touched nothing
  needs_person = 3,  // nothing in common, or the sides diverged, or each try would fail alike; nothing was sent
  unreachable = 4,   // a target could not be reached, or its pool is not imported
  refused = 5,       // a guard refused to destroy, or a first full send was not asked for; the rest was done
  busy = 6,          // another run of the same job is in progress
};

// The code to end with when two things happened. Order: needs_person, failed, unreachable, refused,
// busy, usage, ok.
ExitCode worse_of(ExitCode a, ExitCode b);

class Error : public std::runtime_error {
 public:
  // `message`: what was tried, on what, what happened and what to do, in whole sentences.
  Error(ExitCode code, const std::string& message) : std::runtime_error(message), code_(code) {}
  ExitCode code() const { return code_; }

 private:
  ExitCode code_;
};

// Ended by SIGINT or SIGTERM; the program exits with 128 + the signal.
class Interrupted : public std::runtime_error {
 public:
  explicit Interrupted(int signal) : std::runtime_error("interrupted by a signal"), signal_(signal) {}
  int signal() const { return signal_; }

 private:
  int signal_;
};

}  // namespace czb
