// SPDX-License-Identifier: MIT
// Commands that a time limit waits for: it begins when they have done what the test wants done before.
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <stdexcept>
#include <string>

#include "fixtures/temporary_folder.h"
#include "process/descriptor.h"
#include "real_process.h"

namespace czb::test {

// Starts commands on this machine. Each has been started once it has run the shell's command announce().
class AnnouncedTransport final : public Transport {
 public:
  AnnouncedTransport() {
    if (::mkfifo(fifo_.c_str(), 0600) != 0) throw std::runtime_error("mkfifo");
    // Both ways, so that neither side's open waits for the other's.
    announced_ = Descriptor(::open(fifo_.c_str(), O_RDWR | O_CLOEXEC));
  }

  std::string announce() const { return "echo > " + fifo_; }

  void describe_peer(TextSink& text) noexcept override { inner_->describe_peer(text); }
  void describe_command(const Argv& argv, TextSink& text) noexcept override { inner_->describe_command(argv, text); }
  Status open(TextSink& error) noexcept override { return inner_->open(error); }
  Status start(const Argv& argv, const StandardDescriptors& descriptors, Process** process,
               TextSink& error) noexcept override {
    const Status status = inner_->start(argv, descriptors, process, error);
    char byte = 0;
    while (status == Status::ok && ::read(announced_.get(), &byte, 1) < 0 && errno == EINTR) {
    }
    return status;
  }
  void close() noexcept override { inner_->close(); }

 private:
  std::shared_ptr<Transport> inner_ = local_transport();
  const TemporaryFolder folder_;
  const std::string fifo_ = folder_ / "announced";
  Descriptor announced_;
};

}  // namespace czb::test
