// SPDX-License-Identifier: MIT
// What the tests of processes share: sinks, pipes, files, waits with a deadline.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "cyber-zfs-backup/local_process.h"
#include "cyber-zfs-backup/transport.h"

namespace czb::transport_test {

using Words = std::vector<std::string>;
using Descriptor = local_process_detail::OwnedDescriptor;
using Clock = std::chrono::steady_clock;

// Generous: a test that needs it has failed already.
inline constexpr std::chrono::seconds patience{600};

class StringSink final : public TextSink {
 public:
  void write(std::string_view text) noexcept override { text_ += text; }
  const std::string& text() const noexcept { return text_; }

 private:
  std::string text_;
};

struct Pipe {
  Descriptor read_end;
  Descriptor write_end;
};

inline Pipe make_pipe() {
  int ends[2] = {-1, -1};
  if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("pipe2");
  return {Descriptor(ends[0]), Descriptor(ends[1])};
}

inline bool readable_within(int descriptor, std::chrono::milliseconds time) {
  pollfd entry = {descriptor, POLLIN, 0};
  return ::poll(&entry, 1, static_cast<int>(time.count())) > 0;
}

// Up to the end of the stream, or until nothing comes for `patience`.
inline std::string read_all(int descriptor) {
  std::string text;
  std::vector<char> buffer(64 * 1024);
  while (readable_within(descriptor, patience)) {
    const ssize_t got = ::read(descriptor, buffer.data(), buffer.size());
    if (got == 0 || (got < 0 && errno != EINTR)) return text;
    if (got > 0) text.append(buffer.data(), static_cast<std::size_t>(got));
  }
  ADD_FAILURE() << "no end of the stream after '" << text << "'";
  return text;
}

inline std::string read_line(int descriptor) {
  std::string line;
  for (char byte = 0; readable_within(descriptor, patience) && ::read(descriptor, &byte, 1) == 1 && byte != '\n';) {
    line += byte;
  }
  return line;
}

inline void write_all(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

inline std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline void write_file(const std::string& path, std::string_view text) {
  std::ofstream(path, std::ios::binary) << text;
}

// A folder that is removed with what is in it. Short, for the sake of socket paths.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    if (::mkdtemp(path_.data()) == nullptr) throw std::runtime_error("mkdtemp");
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::string& path() const { return path_; }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }
  bool is_empty() const { return std::filesystem::is_empty(path_); }

 private:
  std::string path_ = "/tmp/czb-test-XXXXXX";
};

inline std::string present_path() {
  const char* path = std::getenv("PATH");
  return path != nullptr ? path : "";
}

// Sets PATH while it lives.
class PathIs {
 public:
  explicit PathIs(const std::string& path) : before_(present_path()) { ::setenv("PATH", path.c_str(), 1); }
  PathIs(const PathIs&) = delete;
  PathIs& operator=(const PathIs&) = delete;
  ~PathIs() { ::setenv("PATH", before_.c_str(), 1); }

 private:
  std::string before_;
};

// waits with a deadline, so that a test fails where a bug would make it hang.
inline ExitStatus wait_for(Process& process) {
  ExitStatus status{ExitKind::signalled, -1};
  if (!readable_within(process.ready_descriptor(), patience)) {
    ADD_FAILURE() << "the process does not end";
    return status;
  }
  StringSink error;
  EXPECT_EQ(process.wait(status, error), Status::ok) << error.text();
  return status;
}

inline ::testing::AssertionResult ended_with(const ExitStatus& status, ExitKind kind, int code) {
  if (status.kind == kind && status.code == code) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << "kind " << static_cast<int>(status.kind) << ", code " << status.code;
}

inline bool exists(pid_t pid) { return ::kill(pid, 0) == 0; }

// The children of a process, zombies included.
inline std::vector<pid_t> children_of(pid_t parent) {
  std::vector<pid_t> pids;
  for (const auto& task : std::filesystem::directory_iterator("/proc/" + std::to_string(parent) + "/task")) {
    std::istringstream list(read_file(task.path() / "children"));
    for (pid_t pid = 0; list >> pid;) pids.push_back(pid);
  }
  return pids;
}

inline std::vector<pid_t> children() { return children_of(::getpid()); }

inline std::size_t open_descriptors() {
  const std::filesystem::directory_iterator folder("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin(folder), end(folder)));
}

// The words that `printf '%s\0' …` wrote.
inline Words split_at_nul(const std::string& text) {
  Words words;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\0', begin), text.size());
    words.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return words;
}

}  // namespace czb::transport_test
