// SPDX-License-Identifier: MIT
// A host: a transport plus the zfs commands that are run through it. The source and each target are
// hosts; nothing here knows which is which.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cyber-zfs-backup/transport.h"
#include "process/command.h"
#include "zfs/commands.h"
#include "zfs/inventory.h"

namespace czb {

class Host {
 public:
  explicit Host(std::shared_ptr<Transport> transport);
  ~Host();  // closes the session
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  // "this machine", "ssh offsite".
  std::string peer() const;

  // The command as one line for a shell here.
  std::string command_line(const CommandLine& command) const;

  // Begins the session without waiting for it; the first command does. Throws Error (unreachable).
  void open();

  // One listing of the whole tree at `root`; an inventory without datasets when it does not exist.
  // Throws Error (failed or unreachable).
  Inventory observe(const std::string& root, const std::vector<std::string>& user_properties);

  // Whether the dataset exists. Throws Error (failed or unreachable).
  bool exists(const std::string& dataset);

  // Runs a command to its end. Throws Error when it fails, with zfs's own words and what to do.
  void run(const CommandLine& command);

  Transport& transport() { return *transport_; }

 private:
  Completed completed(const CommandLine& command);

  std::shared_ptr<Transport> transport_;
};

}  // namespace czb
