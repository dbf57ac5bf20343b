// SPDX-License-Identifier: MIT
// Real processes: the local transport as the program loads it, scratch children for tests that change what belongs to
// the whole process (signals, the user), and a deadline for tests that might hang.
#pragma once

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "plugin/registry.h"
#include "process/command.h"
#include "process/descriptor.h"

namespace czb::test {

inline std::shared_ptr<Transport> local_transport() {
  const std::string program = CZB_PROGRAM;
  const std::string folder = program.substr(0, program.rfind('/')) + "/" + CZB_BIN_TO_PLUGINS;
  PluginRegistry plugins(folder, "/nowhere");
  PluginChoice choice;
  choice.id = "local";
  choice.origin = "the test";
  return plugins.create_transport(choice);
}

inline std::vector<std::string> shell(const std::string& script) { return {"sh", "-c", script}; }

inline ::testing::AssertionResult ended_with(const ExitStatus& status, ExitKind kind, int code) {
  if (status.kind == kind && status.code == code) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << to_string(status);
}

inline bool has_children() { return ::waitpid(-1, nullptr, WNOHANG) != -1 || errno != ECHILD; }

// Ends the test program, by SIGALRM, when the test hangs: as late as no busy machine makes any test.
class Deadline {
 public:
  Deadline() { ::alarm(1200); }
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;
  ~Deadline() { ::alarm(0); }
};

// What `body` returned in a forked child, or how that child ended instead; where it hangs: by SIGALRM. Nothing that it
// does to signals, users and environment reaches this process.
inline std::string in_a_child(const std::function<std::string()>& body) {
  Pipe pipe = make_pipe();
  const pid_t pid = ::fork();
  if (pid == 0) {
    const Deadline deadline;
    std::string answer;
    try {
      answer = body();
    } catch (const std::exception& exception) {
      answer = std::string("threw: ") + exception.what();
    }
    const ssize_t written = ::write(pipe.write.get(), answer.data(), answer.size());
    ::_exit(written == static_cast<ssize_t>(answer.size()) ? 0 : 1);
  }
  pipe.write.reset();
  std::string answer;
  char buffer[4096];
  for (ssize_t got = 0; (got = ::read(pipe.read.get(), buffer, sizeof buffer)) > 0;)
    answer.append(buffer, static_cast<std::size_t>(got));
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFSIGNALED(status)) return "killed by signal " + std::to_string(WTERMSIG(status));
  return WEXITSTATUS(status) == 0 ? answer : "exited with " + std::to_string(WEXITSTATUS(status));
}

}  // namespace czb::test
