// SPDX-License-Identifier: MIT
// What transport.h promises.
#include "conformance/transport_checks.h"

namespace czb::conformance {

const std::vector<Check>& transport_checks() {
  static const std::vector<Check> checks = {
      {"transport/loads", "The program loads it, takes its options and makes an instance.", transport::loads, true},
      {"transport/opens", "With these options it reaches its far end and runs a command there.", transport::opens,
       true},
      {"transport/argv",
       "Every word arrives byte for byte: empty, blanks, quotes, newlines, $, backslashes, dashes, invalid UTF-8, "
       "long.",
       transport::argv},
      {"transport/large-streams", "Long streams of any bytes arrive whole and unchanged, both ways at once.",
       transport::large_streams},
      {"transport/standard-error", "Standard error and standard output arrive whole, each by itself.",
       transport::standard_error},
      {"transport/dev-null", "Where no descriptor is given the command has /dev/null.", transport::dev_null},
      {"transport/exit-status",
       "Exit statuses arrive as they are; from 125 on one may stand for a failure of the transport instead, never for "
       "another status.",
       transport::exit_status},
      {"transport/signals",
       "A command that dies of a signal is told as that signal, as 128 plus it, or as a failure of the transport.",
       transport::signals},
      {"transport/not-started",
       "A program that is not there, no words, or a NUL byte in one: told with a reason, or by the exit status.",
       transport::not_started},
      {"transport/wait-again", "wait gives the same answer each time.", transport::wait_again},
      {"transport/ready-descriptor", "ready_descriptor is not readable while the command runs, and is from its end on.",
       transport::ready_descriptor},
      {"transport/terminate",
       "terminate returns at once and ends the command, called twice also one that ignores it, with all local "
       "processes that carry it; after the end it does nothing.",
       transport::terminate},
      {"transport/release", "release ends a command that still runs, and waits for it.", transport::release},
      {"transport/described-command", "describe_command is one line that a POSIX shell here runs as start does.",
       transport::described_command},
      {"transport/own-descriptors", "The descriptors that the host gives stay open here, and as they are.",
       transport::own_descriptors},
      {"transport/no-other-descriptors",
       "A command has its three descriptors and no other, neither the host's nor another command's.",
       transport::no_other_descriptors},
      {"transport/two-at-once", "Two instances with the same options serve at the same time.", transport::two_at_once},
      {"transport/close",
       "close does nothing without open, and leaves no process of the session; then none of its descriptors is left.",
       transport::close},
      {"transport/cycles", "A thousand commands leave no descriptor and no process behind.", transport::cycles},
  };
  return checks;
}

}  // namespace czb::conformance
