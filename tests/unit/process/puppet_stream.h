// SPDX-License-Identifier: MIT
// A stream without processes, at times of the test's own: what its sides do, and when, is the test's to say. So its
// limits of time are met to the millisecond, however slow the machine.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cyber-zfs-backup/transport.h"
#include "process/deadline.h"
#include "process/descriptor.h"
#include "process/running_stream.h"

namespace czb::test {

// One side: a far end whose one command is the test.
class Puppet final : public Transport, public Process {
 public:
  // As a sender: writes this, which the pipe must take; or as much as it takes.
  void write(std::string_view bytes) const {
    EXPECT_EQ(::write(stream_.get(), bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  }
  void fill_pipe() const {
    static const std::string some(64 * 1024, 'x');
    while (::write(stream_.get(), some.data(), some.size()) > 0) {
    }
  }

  // As a receiver: reads all that is there. Whether that is all that comes.
  bool read_to_end() const {
    std::array<char, 64 * 1024> buffer;
    ssize_t got = 0;
    do {
      got = ::read(stream_.get(), buffer.data(), buffer.size());
    } while (got > 0);
    return got == 0;
  }

  void exit(int status) {
    status_.code = status;
    stream_.reset();
    ::eventfd_write(ended_.get(), 1);
  }

  void describe_peer(TextSink&) noexcept override {}
  void describe_command(const Argv&, TextSink&) noexcept override {}
  Status open(TextSink&) noexcept override { return Status::ok; }
  Status start(const Argv&, const StandardDescriptors& descriptors, Process** process, TextSink&) noexcept override {
    stream_ = Descriptor(::fcntl(descriptors.in >= 0 ? descriptors.in : descriptors.out, F_DUPFD_CLOEXEC, 3));
    set_nonblocking(stream_.get());
    *process = this;
    return Status::ok;
  }
  void close() noexcept override {}

  std::int32_t ready_descriptor() noexcept override { return ended_.get(); }
  Status wait(ExitStatus& status, TextSink&) noexcept override {
    status = status_;
    return Status::ok;
  }
  void terminate() noexcept override { ++terminated; }
  void release() noexcept override {}

  int terminated = 0;  // how often it was asked to end

 private:
  Descriptor stream_;
  Descriptor ended_{::eventfd(0, EFD_CLOEXEC)};
  ExitStatus status_;
};

// It begins now.
class PuppetStream {
 public:
  explicit PuppetStream(const StreamLimits& limits = {})
      : running_({&sender, {"sender"}, &receiver, {"receiver"}, limits}) {}

  // What can happen at that time happens.
  void turn(SteadyClock::time_point now) {
    std::vector<pollfd> polled;
    running_.begin_turn(polled, now);
    ASSERT_GE(::poll(polled.data(), polled.size(), 0), 0);
    running_.take_turn(polled.data(), now, false);
  }

  bool over() const { return running_.over(); }
  StreamResult result() const { return running_.result(); }

  Puppet sender;
  Puppet receiver;

 private:
  RunningStream running_;
};

}  // namespace czb::test
