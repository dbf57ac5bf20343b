// SPDX-License-Identifier: MIT
// A command on this machine whose stream goes through a Pump, which a thread of its own runs.
#pragma once

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "cyber-zfs-backup/local_process.h"
#include "fault.h"
#include "pump.h"

namespace czb::fault {

class FaultProcess final : public Process {
 public:
  // Throws what LocalProcess::start does. `what`: the command, for the log.
  static ProcessPointer start(const std::vector<std::string>& argv, const StandardDescriptors& descriptors, Fault fault,
                              const std::string& what, const std::shared_ptr<Session>& session);

  // Readable once both the command and its stream have ended: a host stops reading when it learns of the end.
  std::int32_t ready_descriptor() noexcept override { return ready_.get(); }
  Status wait(ExitStatus& status, TextSink& error) noexcept override;
  void terminate() noexcept override;
  void release() noexcept override;

 private:
  FaultProcess(LocalProcess::Pointer command, Descriptor ready, Descriptor stop)
      : command_(std::move(command)), ready_(std::move(ready)), stop_(std::move(stop)) {}
  ~FaultProcess() = default;

  LocalProcess::Pointer command_;
  Descriptor ready_;
  Descriptor stop_;
  std::unique_ptr<Pump> pump_;
  std::thread thread_;  // the pump's
};

}  // namespace czb::fault
