// SPDX-License-Identifier: MIT
// A far end whose commands never end, whatever is done to them: they hang in the kernel, say.
#pragma once

#include <sys/eventfd.h>

#include "cyber-zfs-backup/transport.h"
#include "process/descriptor.h"

namespace czb::test {

class UnkillableTransport final : public Transport, public Process {
 public:
  void describe_peer(TextSink&) noexcept override {}
  void describe_command(const Argv&, TextSink&) noexcept override {}
  Status open(TextSink&) noexcept override { return Status::ok; }
  Status start(const Argv&, const StandardDescriptors&, Process** process, TextSink&) noexcept override {
    *process = this;
    return Status::ok;
  }
  void close() noexcept override {}

  std::int32_t ready_descriptor() noexcept override { return never_ready_.get(); }
  Status wait(ExitStatus&, TextSink&) noexcept override { return Status::failed; }
  void terminate() noexcept override { ++terminated; }
  void release() noexcept override { ++released; }

  int terminated = 0;
  int released = 0;

 private:
  Descriptor never_ready_{::eventfd(0, EFD_CLOEXEC)};
};

}  // namespace czb::test
