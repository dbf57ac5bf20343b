// SPDX-License-Identifier: MIT
// Transport: how commands reach a host. It starts an argv at the far end with three descriptors, waits for it and ends
// it; it knows nothing of ZFS.
//
// Threads: all functions of a transport and of its processes are called by one thread, the same one for all, which
// lives as long as they do. A plugin may have threads of its own: every signal is blocked in them, they call nothing of
// the host's, and they have ended when release or close returns.
//
// Blocking: that one thread also moves the data of every stream that is under way, and answers Ctrl-C. So each function
// says what it may wait for. While open and start wait they poll CreateArguments::interrupt_descriptor too, and give up
// (Status::failed) once that is readable.
#pragma once

#include <cstdint>
#include <string_view>

#include "cyber-zfs-backup/text_sink.h"

namespace czb {

// The far command's standard input, output and error: ends of pipes that block, or -1 for /dev/null. They belong to the
// host, which closes its own copies once start has returned: a transport that needs one for longer duplicates it, with
// close-on-exec, and closes none of these. Two of them may be the same one (output and error together). They may be
// 0, 1 or 2.
struct StandardDescriptors {
  std::int32_t in = -1;
  std::int32_t out = -1;
  std::int32_t err = -1;
};

// A carrier that cannot tell these apart may give a signal as the exit status 128 + signal, and as transport_failed
// what it uses for its own failures (a status from 125 on). Never one exit status for another: zfs's 1 is 1. A kind
// that is not listed counts as an error of the plugin, and the connection as lost.
enum class ExitKind : std::uint32_t {
  exited = 1,            // code is the far command's exit status, 0 to 255
  signalled = 2,         // code is the signal that ended it, 1 to 64
  transport_failed = 3,  // the transport itself failed (ssh's 255): nothing is known of the command. code: for messages
};

struct ExitStatus {
  ExitKind kind = ExitKind::exited;
  std::int32_t code = 0;
};

// The words of a command: any bytes, in no encoding, and of any number. They belong to the host, and are valid during
// the call. The host's own commands have at least one word, no NUL in any, and less than 128 KiB in all.
struct Argv {
  const std::string_view* words = nullptr;
  std::uint64_t count = 0;
};

// A command that was started. Made by Transport::start; the host gives it back by exactly one release, after which it
// calls nothing of it. Until then it may call the others in any order and number. Several live at the same time.
class Process {
 public:
  // A descriptor that polls readable (POLLIN) from the moment on at which the command has ended, and no earlier. By
  // then all that it wrote is in the descriptors it was given: the host reads no more than what it finds there. The
  // same one on each call; belongs to the process, until release. The host polls it, and neither reads nor closes it.
  // Blocks on nothing. A negative one, or one that is not open: the host ends the command, and start has failed.
  virtual std::int32_t ready_descriptor() noexcept = 0;

  // How the command ended. Waits for that as long as it takes; the host asks once ready_descriptor is readable, and is
  // answered at once. Asked again, it gives the same answer.
  //
  // Status::ok: `status` is set; where its kind is transport_failed, a sentence in `error` says what is known. Any
  // other Status: the plugin could not find out; the host takes it for transport_failed.
  virtual Status wait(ExitStatus& status, TextSink& error) noexcept = 0;

  // Asks the command, and whatever local processes carry it, to end: the first call politely (SIGTERM), any further one
  // by force (SIGKILL). Returns at once. Once it has ended: does nothing, above all not to a stranger with its number.
  // The host calls it some seconds apart, and polls for the end.
  virtual void terminate() noexcept = 0;

  // Gives the object back: it is gone when this returns, and with it every descriptor, thread, local process and zombie
  // of its. A command that still runs is ended by force and waited for: the time that takes, but not more than a minute
  // or so where something cannot be killed.
  virtual void release() noexcept = 0;

 protected:
  Process() = default;
  Process(const Process&) = default;
  Process& operator=(const Process&) = default;
  ~Process() = default;  // release alone destroys it
};

// Made by create, given back by destroy (abi.h). In between: any number of sessions, each open, any number of start,
// close; never two at once. Every Process has been released before close. The two describe functions may be called at
// any time. One that is made and destroyed without more (`config check`) has reached for nothing.
class Transport {
 public:
  // Who is at the far end, in a few words for messages, as one line of UTF-8 ("ssh offsite", "this machine"). The same
  // each time. Blocks on nothing.
  virtual void describe_peer(TextSink& text) noexcept = 0;

  // Writes what start would run, as one line that can be pasted into a POSIX shell here: for dry runs and logs. Without
  // secrets. Starts nothing and blocks on nothing.
  virtual void describe_command(const Argv& argv, TextSink& text) noexcept = 0;

  // Begins a session. May return before the far end answers, and should: start then waits for it, while the host lists
  // the other side. It must not wait for ever, nor may start: an unanswered connection ends in Status::unreachable,
  // after a time that the user can set.
  //
  // Any failure: there is no session, and close follows all the same. Status::unreachable ends this target's push with
  // exit status 4, after as many new attempts as the job says (close, open); Status::failed with 1.
  virtual Status open(TextSink& error) noexcept = 0;

  // Starts argv at the far end and sets *process, which then is the host's until its release; or fails, leaves *process
  // alone, and nothing runs.
  //
  // Every word arrives there byte for byte, and no shell interprets it. argv[0] is looked up in the far PATH plus the
  // places where administrators' programs lie (/usr/local/sbin, /usr/sbin, /sbin). The command finds the three
  // descriptors and no others, and LC_ALL=C as far as that is in the transport's hands: zfs's messages are read. At the
  // end of `in` it sees the end of its input; when nobody reads `out` or `err` any more, writing fails there too.
  //
  // May wait for the connection to come about, and for what it takes to know that the command was started (not for its
  // end, nor for its output). That there is no such program may be told here (Status::failed), or be the command's exit
  // status (127).
  virtual Status start(const Argv& argv, const StandardDescriptors& descriptors, Process** process,
                       TextSink& error) noexcept = 0;

  // Ends the session: no process, descriptor or file of it is left when this returns, which takes some seconds at
  // most. Without a session, does nothing. The host calls it in any case before it destroys the transport.
  virtual void close() noexcept = 0;

 protected:
  Transport() = default;
  Transport(const Transport&) = default;
  Transport& operator=(const Transport&) = default;
  ~Transport() = default;  // destroyed by its plugin alone, through the descriptor's destroy function
};

}  // namespace czb
