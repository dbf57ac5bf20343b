// SPDX-License-Identifier: MIT
// Transport: how commands reach a host. It starts an argv at the far end with three descriptors,
// waits for it and ends it; it knows nothing of ZFS.
#pragma once

#include <cstdint>
#include <string_view>

#include "cyber-zfs-backup/text_sink.h"

namespace czb {

// The far command's standard input, output and error. They belong to the host, which closes its own
// copies after start returns; -1 means /dev/null.
struct StandardDescriptors {
  std::int32_t in = -1;
  std::int32_t out = -1;
  std::int32_t err = -1;
};

enum class ExitKind : std::uint32_t {
  exited = 1,            // code is the far command's exit status
  signalled = 2,         // code is the signal that ended it
  transport_failed = 3,  // the transport itself failed (ssh's 255): nothing is known of the command
};

struct ExitStatus {
  ExitKind kind = ExitKind::exited;
  std::int32_t code = 0;
};

// The words of a command; belongs to the host, valid during the call.
struct Argv {
  const std::string_view* words = nullptr;
  std::uint64_t count = 0;
};

// A command that was started. Made by Transport::start, ended by release.
class Process {
 public:
  // A descriptor that polls readable once the command has ended. Belongs to the process.
  virtual std::int32_t ready_descriptor() noexcept = 0;

  // Blocks until the command has ended; again returns the same answer.
  virtual Status wait(ExitStatus& status, TextSink& error) noexcept = 0;

  // Asks the command, and whatever local processes carry it, to end; returns at once. The second
  // call ends it by force. After it ended: does nothing.
  virtual void terminate() noexcept = 0;

  // Gives the object back. A command that still runs is ended by force and waited for.
  virtual void release() noexcept = 0;

 protected:
  Process() = default;
  Process(const Process&) = default;
  Process& operator=(const Process&) = default;
  ~Process() = default;
};

// Called from one thread. open, any number of start, close; then it is destroyed.
class Transport {
 public:
  // Who is at the far end, in a few words for messages ("ssh offsite", "this machine").
  virtual void describe_peer(TextSink& text) noexcept = 0;

  // Writes what start would run, as one line that can be pasted into a POSIX shell here.
  virtual void describe_command(const Argv& argv, TextSink& text) noexcept = 0;

  // Begins the session. May return before the far end answers: start then waits for it. It must not
  // wait for ever: an unanswered connection ends in Status::unreachable.
  virtual Status open(TextSink& error) noexcept = 0;

  // Starts argv at the far end. Every word arrives there byte for byte, and no shell interprets it.
  // argv[0] is looked up in the far PATH plus the places where administrators' programs lie
  // (/usr/local/sbin, /usr/sbin, /sbin). On success *process is set.
  virtual Status start(const Argv& argv, const StandardDescriptors& descriptors, Process** process,
                       TextSink& error) noexcept = 0;

  // Ends the session; no process of it is left when this returns. Without open, does nothing.
  virtual void close() noexcept = 0;

 protected:
  Transport() = default;
  Transport(const Transport&) = default;
  Transport& operator=(const Transport&) = default;
  ~Transport() = default;
};

}  // namespace czb
