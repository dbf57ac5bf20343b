// SPDX-License-Identifier: MIT
// bench_pump PUMP_END BYTES RUNS: how fast stream() moves data between two programs, without a buffer and
// with one of 64 MiB, against the same two on a bare pipe. Alternates the three, and prints a line for each
// run: "pipe SECONDS", "stream SECONDS" or "buffered SECONDS".
// Exits non-zero when a run fails or does not carry all bytes.
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <iostream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

#include "cyber-zfs-backup/abi.h"
#include "local_transport.h"
#include "process/command.h"
#include "process/descriptor.h"
#include "process/interrupt.h"
#include "process/stream.h"

namespace {

using Clock = std::chrono::steady_clock;
using Words = std::vector<std::string>;

constexpr std::uint64_t buffer_bytes = 64 * 1024 * 1024;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

pid_t spawn(const Words& words, int in, int out) {
  std::vector<char*> argv;
  for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  if (in >= 0) posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
  pid_t pid = -1;
  const int error = posix_spawn(&pid, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) throw std::runtime_error("could not start " + words.front());
  return pid;
}

void wait_for(pid_t pid) {
  int status = 0;
  if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
    throw std::runtime_error("a side of the bare pipe failed");
}

// What the reader printed and nobody needs: the pipe's writer waits for it all the same.
double bare_pipe(const Words& writer, const Words& reader) {
  const Clock::time_point start = Clock::now();
  czb::Pipe data = czb::make_pipe();
  czb::Pipe count = czb::make_pipe();
  const pid_t reading = spawn(reader, data.read.get(), count.write.get());
  const pid_t writing = spawn(writer, -1, data.write.get());
  data.read.reset();
  data.write.reset();
  wait_for(writing);
  wait_for(reading);
  return seconds_since(start);
}

// The product's own way: its transport, its processes, its pump.
double pumped(const Words& writer, const Words& reader, std::uint64_t bytes, const czb::StreamLimits& limits) {
  static constexpr czb::OptionValue options[] = {{"use-sudo", true, 0, {}, nullptr, 0}};
  czb::CreateArguments arguments;
  arguments.options = options;
  arguments.option_count = std::size(options);
  czb::local::LocalTransport here(arguments);
  const Clock::time_point start = Clock::now();
  const czb::StreamResult result = czb::stream({&here, writer, &here, reader, limits}, {});
  const double seconds = seconds_since(start);
  if (result.not_started) throw czb::Error(*result.not_started);
  if (!result.ok())
    throw std::runtime_error("stream() failed: " + result.sender.err.shown() + result.receiver.err.shown());
  if (result.bytes != bytes) throw std::runtime_error("stream() moved " + std::to_string(result.bytes) + " bytes");
  return seconds;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::cerr << "usage: bench_pump PUMP_END BYTES RUNS\n";
    return 2;
  }
  try {
    const Words writer = {argv[1], "write", argv[2]};
    const Words reader = {argv[1], "read"};
    const std::uint64_t bytes = std::stoull(argv[2]);
    czb::StreamLimits buffered;
    buffered.buffer_bytes = buffer_bytes;
    czb::catch_interrupts();
    for (int run = std::stoi(argv[3]); run > 0; --run) {
      std::cout << "pipe " << bare_pipe(writer, reader) << std::endl;
      std::cout << "stream " << pumped(writer, reader, bytes, {}) << std::endl;
      std::cout << "buffered " << pumped(writer, reader, bytes, buffered) << std::endl;
    }
  } catch (const std::exception& error) {
    std::cerr << "bench_pump: " << error.what() << '\n';
    return 1;
  }
}
