// SPDX-License-Identifier: MIT
// The one connection of a run: an ssh master as our child, in the foreground, and its control socket in a private
// folder below the run directory. While a ControlMaster lives both exist; its destructor ends the one and removes the
// other.
//
// The socket appears when the far end has accepted our key (ssh links it into place, already listening), so waiting for
// the connection is waiting for that name in the folder, or for the master's end.
#pragma once

#include <chrono>
#include <string>

#include "cyber-zfs-backup/local_process.h"
#include "settings.h"

namespace czb::ssh {

// A folder of mode 0700, removed with what is in it.
class PrivateFolder {
 public:
  explicit PrivateFolder(const std::string& parent);
  PrivateFolder(const PrivateFolder&) = delete;
  PrivateFolder& operator=(const PrivateFolder&) = delete;
  ~PrivateFolder();

  const std::string& path() const noexcept { return path_; }

 private:
  std::string path_;
};

class ControlMaster {
 public:
  // Starts ssh and returns without waiting for it. Throws std::runtime_error when it cannot even be started.
  // `settings` must outlive this.
  explicit ControlMaster(const Settings& settings);
  ControlMaster(const ControlMaster&) = delete;
  ControlMaster& operator=(const ControlMaster&) = delete;
  ~ControlMaster();

  // Returns once the far end has let us in: at most connect-timeout + 15 s after the constructor. Throws Unreachable
  // with the reason; the master is ended then. When the run is interrupted it throws std::runtime_error. Once connected
  // it only looks whether the master still lives, and throws Unreachable when not.
  void require_connection();

  const std::string& socket() const noexcept { return socket_; }

 private:
  using Descriptor = local_process_detail::OwnedDescriptor;

  bool socket_exists() const noexcept;
  void wait_for_change(std::chrono::milliseconds time) const;
  std::string ssh_said() const;
  void fail_if_ended(const std::string& what);
  [[noreturn]] void fail(const std::string& what);

  const Settings& settings_;
  std::chrono::steady_clock::time_point deadline_;
  PrivateFolder folder_;
  std::string socket_;
  Descriptor folder_watch_;
  Descriptor standard_error_;  // a memfd: a pipe that nobody reads could fill and stop the master
  LocalProcess::Pointer master_;
  bool connected_ = false;
  std::string failure_;  // once it has failed: why, for every later call
};

}  // namespace czb::ssh
