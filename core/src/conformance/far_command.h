// SPDX-License-Identifier: MIT
// Commands through the transport that is tested, with a limit on every wait. All functions throw Failure, with what was
// tried, where the transport does not do its part.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "conformance/check.h"
#include "cyber-zfs-backup/process_pointer.h"
#include "cyber-zfs-backup/transport.h"
#include "process/descriptor.h"

namespace czb::conformance {

using Words = std::vector<std::string>;

// A POSIX shell's script, as a command for any far end; `words` are its $1, $2, ….
Words script(const std::string& text, const Words& words = {});

// A transport that is open, and closed when this goes.
class Session {
 public:
  explicit Session(Subject& subject);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  Transport& transport() const { return *transport_; }
  std::chrono::seconds patience() const { return patience_; }

 private:
  std::shared_ptr<Transport> transport_;
  std::chrono::seconds patience_;
};

// What start answered.
struct Started {
  Status status = Status::failed;
  std::string error;
  ProcessPointer process;
};
Started try_start(Transport& transport, const Words& argv, const StandardDescriptors& descriptors);

// Throws where the command was not started.
ProcessPointer start(const Session& session, const Words& argv, const StandardDescriptors& descriptors);

// A command with three pipes. The descriptors are this side's ends.
struct Running {
  Descriptor in;
  Descriptor out;
  Descriptor err;
  ProcessPointer process;
};
Running start_with_pipes(const Session& session, const Words& argv);

// Waits until ready_descriptor says that the command has ended, then for its end.
ExitStatus end_of(const Session& session, Process& process);

// Whether ready_descriptor says so within this time.
bool is_ready_within(Process& process, std::chrono::milliseconds time);

// Moves bytes both ways until both outputs ended: `source` fills a buffer and says how much (0: the end).
struct Flow {
  std::function<std::size_t(char* bytes, std::size_t size)> source;
  std::function<void(std::string_view bytes)> out;
  std::function<void(std::string_view bytes)> err;
};
void carry(const Session& session, Running& running, const Flow& flow);

// One line of output. Nothing but it should have been written.
std::string read_line(const Session& session, int descriptor);

// Whether the stream ends within the patience; what still comes is dropped.
bool ends(const Session& session, int descriptor);

// A command run to its end.
struct Ended {
  ExitStatus exit;
  std::string out;
  std::string err;
};
Ended run(const Session& session, const Words& argv, const std::string& input = "");

// For findings: "exit status 3", "signal 9", "a failure of the transport (255)".
std::string to_text(const ExitStatus& status);

}  // namespace czb::conformance
