// SPDX-License-Identifier: MIT
// One request, from the sender's words to zfs's exit status.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "receiver/host/client_words.h"
#include "receiver/host/session_slot.h"
#include "receiver/options.h"

namespace czb::receiver {

struct Session {
  const Options& options;
  ClientWords& words;
  std::optional<std::string> command;  // SSH_ORIGINAL_COMMAND
  std::uint64_t bytes = 0;             // of a stream, as far as it came or went
  std::string note;                    // something that went wrong beside, for the log
  std::string left_out;  // properties of a stream that was received (stream/kept_properties.h), for people
  std::string new_keys;  // datasets whose key was not known, and was taken as it came, for people
  // What was there before a receive and is not there after it: what this program promises not to happen. It has a line
  // of its own in the log, and the exit status is exit_failed, whatever became of the request.
  std::string alarm;
  // Held until the client has been told what became of it, or does not read that either.
  std::optional<SessionSlot> slot;
};

// What came of it: for the exit status, the line on standard error (none when empty) and the log.
struct Served {
  int status = 0;
  std::string said;     // without the program's name before it
  std::string outcome;  // for the log
};

// Parses, checks and carries out. Throws Interrupted after a signal; anything else that goes wrong is in the answer.
Served serve(Session& session);

}  // namespace czb::receiver
