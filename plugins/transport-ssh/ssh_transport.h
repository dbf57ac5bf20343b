// SPDX-License-Identifier: MIT
// The transport over ssh: OpenSSH's client, one TCP connection for the whole run.
//
// open starts the connection (control_master.h) and returns at once; the first start waits for it. Every start is a
// session through it, carried by an ssh client as a local child, with the descriptors that it was given. When the
// connection is lost, running commands end with ExitKind::transport_failed, and start answers Status::unreachable:
// nothing ever connects a second time.
//
// How a command ends: ssh's status 255, or ssh killed by a signal, is transport_failed, for nothing is known then of
// the far command (a far command that a signal ended, or that itself ended with 255, looks the same). terminate ends
// the local ssh client: the far command's descriptors are closed, it gets no signal.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "control_master.h"
#include "cyber-zfs-backup/transport_plugin.h"
#include "settings.h"

namespace czb::ssh {

ExitStatus map_exit(ExitStatus status);

class SshTransport final : public TransportPlugin {
 public:
  explicit SshTransport(const CreateArguments& arguments);

 private:
  std::string peer() const override;
  std::string command_line(const std::vector<std::string>& argv) const override;
  void open_session() override;
  ProcessPointer start_command(const std::vector<std::string>& argv, const StandardDescriptors& descriptors) override;
  void close_session() noexcept override;

  Settings settings_;
  std::unique_ptr<ControlMaster> master_;  // while open
};

}  // namespace czb::ssh
