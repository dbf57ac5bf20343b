// SPDX-License-Identifier: MIT
#include "ssh_transport.h"

#include <stdexcept>

#include "cyber-zfs-backup/shell_quote.h"
#include "remote_command.h"

namespace czb::ssh {

ExitStatus map_exit(ExitStatus status) {
  constexpr std::int32_t ssh_failed = 255;
  if (status.kind == ExitKind::signalled) return {ExitKind::transport_failed, 128 + status.code};
  if (status.code == ssh_failed) return {ExitKind::transport_failed, ssh_failed};
  return status;
}

SshTransport::SshTransport(const CreateArguments& arguments) : settings_(read_settings(arguments)) {}

std::string SshTransport::peer() const { return "ssh " + settings_.destination; }

std::string SshTransport::command_line(const std::vector<std::string>& argv) const {
  return shell_quote_command(manual_argv(settings_, remote_command(argv, settings_.use_sudo)));
}

void SshTransport::open_session() {
  if (!master_) master_ = std::make_unique<ControlMaster>(settings_);
}

ProcessPointer SshTransport::start_command(const std::vector<std::string>& argv,
                                           const StandardDescriptors& descriptors) {
  if (!master_) throw std::logic_error("the session with " + peer() + " is not open");
  master_->require_connection();
  LocalCommand command;
  command.argv = session_argv(settings_, master_->socket(), remote_command(argv, settings_.use_sudo));
  command.descriptors = descriptors;
  command.map_exit = map_exit;
  return LocalProcess::start(command);
}

void SshTransport::close_session() noexcept { master_.reset(); }

}  // namespace czb::ssh
