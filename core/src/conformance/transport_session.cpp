// SPDX-License-Identifier: MIT
// Transports: what is there before, beside and after a command.
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <set>

#include "config/wording.h"
#include "conformance/far_command.h"
#include "conformance/isolated.h"
#include "conformance/subject.h"
#include "conformance/transport_checks.h"
#include "text_buffer.h"

namespace czb::conformance::transport {
namespace {

std::set<int> open_descriptors() {
  std::set<int> open;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd"))
    open.insert(std::atoi(entry.path().filename().c_str()));  // NOLINT(cert-err34-c)
  return open;                                                // the one that read the folder among them, each time
}

// What an open descriptor leads to: "pipe:[123]".
std::string leads_to(int descriptor) {
  std::error_code gone;
  return std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(descriptor), gone).string();
}

std::string command_of(pid_t pid) {
  std::error_code gone;
  const auto program = std::filesystem::read_symlink("/proc/" + std::to_string(pid) + "/exe", gone);
  return "process " + std::to_string(pid) + (gone ? "" : " (" + program.filename().string() + ")");
}

void expect_no_more(const std::set<int>& before, const std::string& when, Findings& findings) {
  const std::set<int> now = open_descriptors();
  if (now.size() <= before.size()) return;
  std::string some;
  for (const int descriptor : now) {
    if (before.count(descriptor) != 0 || some.size() > 100) continue;
    some += (some.empty() ? "" : ", ") + std::to_string(descriptor) + " " + leads_to(descriptor);
  }
  findings.add(when + ", " + std::to_string(now.size() - before.size()) +
               " descriptors more are open than before: " + some);
}

// What was killed may take a moment to be gone.
void expect_processes(const std::vector<pid_t>& before, const std::string& when, Findings& findings) {
  std::vector<pid_t> more;
  for (int attempt = 0; attempt < 200; ++attempt) {
    more.clear();
    for (const pid_t pid : processes_left())
      if (std::find(before.begin(), before.end(), pid) == before.end()) more.push_back(pid);
    if (more.empty()) return;
    ::poll(nullptr, 0, 10);
  }
  for (const pid_t pid : more) findings.add(when + ", " + command_of(pid) + " is left behind");
}

void expect_echo(const Session& session, const std::string& word, Findings& findings) {
  const Ended ended = run(session, script("echo \"$1\"", {word}));
  findings.expect(ended.out == word + "\n" && ended.exit.kind == ExitKind::exited && ended.exit.code == 0,
                  "'echo " + word + "' gave " + czb::quoted(ended.out) + " and " + to_text(ended.exit));
}

// A descriptor as the host sees it.
struct Seen {
  std::string target;
  int flags = 0;
  bool operator==(const Seen&) const = default;
};
Seen seen(const Descriptor& descriptor) { return {leads_to(descriptor.get()), ::fcntl(descriptor.get(), F_GETFD)}; }

}  // namespace

void loads(Subject& subject, Findings& /*findings*/) { subject.transport(); }

void opens(Subject& subject, Findings& findings) {
  const Session session(subject);
  expect_echo(session, "reached", findings);
}

void close(Subject& subject, Findings& findings) {
  {  // so that what a process makes once and for all is there
    const Session session(subject);
    expect_echo(session, "first", findings);
  }
  const std::set<int> descriptors = open_descriptors();
  const std::vector<pid_t> processes = processes_left();
  {
    const auto never_opened = subject.transport();
    never_opened->close();
    never_opened->close();
  }
  expect_processes(processes, "after close without open", findings);
  {
    const auto transport = subject.transport();
    TextBuffer error;
    if (transport->open(error) != Status::ok) throw Failure("it cannot be opened a second time: " + error.text());
    transport->close();
    expect_processes(processes, "after open and close without a command", findings);
  }
  {
    const Session session(subject);
    expect_echo(session, "second", findings);
    session.transport().close();
    expect_processes(processes, "after close", findings);
  }  // closes once more
  expect_processes(processes, "after the instance was destroyed", findings);
  expect_no_more(descriptors, "after the instances were destroyed", findings);
}

void two_at_once(Subject& subject, Findings& findings) {
  const Session first(subject);
  const Session second(subject);
  Running waiting = start_with_pipes(first, script("cat; echo first"));
  expect_echo(second, "second", findings);
  waiting.in.reset();
  const std::string line = read_line(first, waiting.out.get());
  findings.expect(line == "first", "'first' arrived as " + czb::quoted(line));
  end_of(first, *waiting.process);
}

void own_descriptors(Subject& subject, Findings& findings) {
  const Session session(subject);
  const Pipe in = make_pipe();
  const Pipe out = make_pipe();
  const Pipe err = make_pipe();
  const Seen before[] = {seen(in.read), seen(out.write), seen(err.write)};
  const ProcessPointer process = start(session, script("exit 0"), {in.read.get(), out.write.get(), err.write.get()});
  end_of(session, *process);
  const Seen after[] = {seen(in.read), seen(out.write), seen(err.write)};
  constexpr const char* names[] = {"standard input", "standard output", "standard error"};
  for (std::size_t i = 0; i < 3; ++i) {
    const std::string what = std::string("the host's descriptor for ") + names[i];
    if (after[i].target != before[i].target)
      findings.add(what + " was closed by the plugin, though it belongs to the host");
    else
      findings.expect(after[i] == before[i], what + " is not closed on exec any more");
  }
}

void no_other_descriptors(Subject& subject, Findings& findings) {
  // One that programs inherit unless the plugin sees to it: a library in the host may have such a one.
  Pipe inheritable = make_pipe();
  ::fcntl(inheritable.write.get(), F_SETFD, 0);
  const Session session(subject);
  Running first = start_with_pipes(session, script("cat; :"));
  Running second = start_with_pipes(session, script("cat; :"));

  inheritable.write.reset();
  findings.expect(ends(session, inheritable.read.get()), "a started process holds a descriptor of the host");
  first.in.reset();
  findings.expect(ends(session, first.out.get()),
                  "a command does not see the end of its input while another one runs, which holds a copy");
  second.in.reset();
  end_of(session, *second.process);

  // At the far end; the shell itself has no name for more of them.
  const Ended far =
      run(session, script("for i in 3 4 5 6 7 8 9; do (eval \": <&$i\") 2>/dev/null && printf '%s ' $i; done; :"));
  findings.expect(far.out.empty(), "the far command has the descriptors " + far.out + "besides its own three");
}

void cycles(Subject& subject, Findings& findings) {
  const Session session(subject);
  const auto cycle = [&] {
    const ExitStatus exit = end_of(session, *start(session, script("exit 0"), {}));
    if (exit.kind != ExitKind::exited || exit.code != 0) throw Failure("'exit 0' ended with " + to_text(exit));
  };
  cycle();
  const std::set<int> descriptors = open_descriptors();
  const std::vector<pid_t> processes = processes_left();
  const unsigned count = subject.settings().cycles;
  for (unsigned i = 0; i < count; ++i) cycle();
  const std::string when = "after " + std::to_string(count) + " commands";
  expect_no_more(descriptors, when, findings);
  expect_processes(processes, when, findings);
}

}  // namespace czb::conformance::transport
