// SPDX-License-Identifier: MIT
// Transports: how commands end.
#include <unistd.h>

#include <csignal>
#include <string_view>

#include "config/wording.h"
#include "conformance/far_command.h"
#include "conformance/subject.h"
#include "conformance/transport_checks.h"
#include "text_buffer.h"

namespace czb::conformance::transport {
namespace {

using Clock = std::chrono::steady_clock;

// What "at once" may take on a busy machine.
constexpr std::chrono::seconds at_once{5};

ExitStatus end_without_output(const Session& session, const Words& command) {
  return end_of(session, *start(session, command, {}));
}

// A shell and below it a cat, which has answered; both run until their standard input ends.
Running listening(const Session& session, const std::string& before = "") {
  Running running = start_with_pipes(session, script(before + "cat; :"));
  constexpr std::string_view line = "listening\n";
  if (::write(running.in.get(), line.data(), line.size()) != static_cast<ssize_t>(line.size()))
    throw Failure("standard input takes nothing");
  const std::string back = read_line(session, running.out.get());
  if (back != "listening") throw Failure("'listening' through cat came back as " + quoted(back));
  return running;
}

void call_terminate(Process& process, Findings& findings) {
  const auto begin = Clock::now();
  process.terminate();
  findings.expect(Clock::now() - begin < at_once, "terminate does not return at once");
}

void expect_ends(const Session& session, const Running& running, const std::string& after, Findings& findings) {
  if (!is_ready_within(*running.process, session.patience())) {
    findings.add(after + ", a command still runs after " + std::to_string(session.patience().count()) + " s");
    return;
  }
  findings.expect(ends(session, running.out.get()),
                  after + ", a process that carried the command still holds its standard output");
}

}  // namespace

void exit_status(Subject& subject, Findings& findings) {
  constexpr int first_special = 125;  // docker's, env's and timeout's own failures; 126 and 127 are the shell's
  const Session session(subject);
  for (int code = 0; code <= 255; ++code) {
    const ExitStatus exit = end_without_output(session, script("exit " + std::to_string(code)));
    const bool as_it_is = exit.kind == ExitKind::exited && exit.code == code;
    const bool as_failure = exit.kind == ExitKind::transport_failed && code >= first_special;
    findings.expect(as_it_is || as_failure, "exit status " + std::to_string(code) + " arrives as " + to_text(exit));
  }
}

void signals(Subject& subject, Findings& findings) {
  const Session session(subject);
  for (const int signal : {SIGHUP, SIGINT, SIGKILL, SIGTERM, SIGUSR1}) {
    const ExitStatus exit = end_without_output(session, script("kill -" + std::to_string(signal) + " $$; exit 0"));
    const bool as_signal = exit.kind == ExitKind::signalled && exit.code == signal;
    const bool as_status = exit.kind == ExitKind::exited && exit.code == 128 + signal;
    const bool as_failure = exit.kind == ExitKind::transport_failed;
    findings.expect(as_signal || as_status || as_failure,
                    "the end by signal " + std::to_string(signal) + " arrives as " + to_text(exit));
  }
}

void not_started(Subject& subject, Findings& findings) {
  const Session session(subject);
  const auto refused = [&](const Words& command, const std::string& what) {
    const Started started = try_start(session.transport(), command, {});
    if (started.status == Status::ok)
      findings.add("it starts " + what);
    else
      findings.expect(!started.error.empty(), "it refuses " + what + " without a sentence that says why");
  };
  refused({}, "a command without words");
  refused({"printf", std::string("a\0b", 3)}, "a command with a NUL byte in a word, which no argv can hold");

  const Started missing = try_start(session.transport(), {"cyber-zfs-backup-no-such-program"}, {});
  if (missing.status == Status::ok) {
    const ExitStatus exit = end_of(session, *missing.process);
    findings.expect(exit.kind != ExitKind::exited || exit.code != 0, "a program that is not there ends with status 0");
  } else {
    findings.expect(!missing.error.empty(), "it cannot start a missing program, and does not say why");
  }
  const Ended after = run(session, script("echo well"));
  findings.expect(after.out == "well\n", "after a command that could not be started the next one does not run");
}

void wait_again(Subject& subject, Findings& findings) {
  const Session session(subject);
  const ProcessPointer process = start(session, script("exit 3"), {});
  const ExitStatus first = end_of(session, *process);
  for (int i = 0; i < 3; ++i) {
    ExitStatus again{ExitKind::exited, -1};
    TextBuffer error;
    if (process->wait(again, error) != Status::ok)
      findings.add("wait fails when it is called again: " + error.text());
    else
      findings.expect(again.kind == first.kind && again.code == first.code,
                      "wait said " + to_text(first) + ", and then " + to_text(again));
  }
}

void ready_descriptor(Subject& subject, Findings& findings) {
  const Session session(subject);
  Running running = listening(session);
  const int descriptor = running.process->ready_descriptor();
  findings.expect(!is_ready_within(*running.process, std::chrono::milliseconds(100)),
                  "ready_descriptor is readable while the command runs");
  running.in.reset();
  findings.expect(is_ready_within(*running.process, session.patience()),
                  "ready_descriptor is not readable after the command's end");
  ExitStatus exit;
  TextBuffer error;
  findings.expect(running.process->wait(exit, error) == Status::ok, "wait fails: " + error.text());
  findings.expect(is_ready_within(*running.process, std::chrono::milliseconds(0)),
                  "ready_descriptor is not readable any more after wait");
  findings.expect(running.process->ready_descriptor() == descriptor, "ready_descriptor gives another one at the end");
}

void terminate(Subject& subject, Findings& findings) {
  const Session session(subject);
  const Running obedient = listening(session);
  call_terminate(*obedient.process, findings);
  expect_ends(session, obedient, "after terminate", findings);

  const Running stubborn = listening(session, "trap '' HUP INT TERM; ");
  call_terminate(*stubborn.process, findings);
  call_terminate(*stubborn.process, findings);
  expect_ends(session, stubborn, "after terminate was called twice", findings);

  const ProcessPointer ended = start(session, script("exit 3"), {});
  const ExitStatus exit = end_of(session, *ended);
  call_terminate(*ended, findings);
  const ExitStatus again = end_of(session, *ended);
  findings.expect(again.kind == exit.kind && again.code == exit.code,
                  "terminate changes how a command ended: " + to_text(exit) + ", then " + to_text(again));
  const Ended after = run(session, script("echo well"));
  findings.expect(after.out == "well\n", "after terminate other commands do not run any more");
}

void release(Subject& subject, Findings& findings) {
  const Session session(subject);
  Running running = listening(session, "trap '' HUP INT TERM; ");
  const auto begin = Clock::now();
  running.process.reset();
  findings.expect(Clock::now() - begin < session.patience(), "release of a command that runs does not return");
  findings.expect(ends(session, running.out.get()),
                  "after release, a process that carried the command still holds its standard output");
  const Ended after = run(session, script("echo well"));
  findings.expect(after.out == "well\n", "after release other commands do not run any more");
}

}  // namespace czb::conformance::transport
