// SPDX-License-Identifier: MIT
// A host: a transport plus the zfs commands that are run through it. The source and each target are
// hosts; nothing here knows which is which.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "cyber-zfs-backup/transport.h"
#include "error.h"
#include "process/command.h"
#include "zfs/commands.h"
#include "zfs/inventory.h"

namespace czb {

class Host {
 public:
  // `command_timeout`: how long any command but a stream may take; 0: for ever.
  Host(std::shared_ptr<Transport> transport, std::chrono::seconds command_timeout);
  ~Host();  // closes the session
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  // "this machine", "ssh offsite".
  std::string peer() const;

  // The command as one line for a shell here.
  std::string command_line(const CommandLine& command) const;

  // Begins the session without waiting for it; the first command does. Throws Error (unreachable).
  void open();

  // After a lost connection. Throws Error (unreachable).
  void reopen();

  // One listing of the whole tree at `root`, or of the root alone; an inventory without datasets when it does not
  // exist. Throws Error (failed or unreachable).
  Inventory observe(const std::string& root, const std::vector<std::string>& user_properties, bool recursive);

  // The full names of the tree's datasets; none when it does not exist. Throws Error (failed or unreachable).
  std::vector<std::string> dataset_names(const std::string& root);

  // The names of the user properties that are set in the tree. Throws Error (failed or unreachable).
  std::set<std::string> user_property_names(const std::string& root);

  // Whether the property is set on the dataset itself, neither inherited nor received. Throws Error (failed or
  // unreachable).
  bool is_set_locally(const std::string& dataset, const std::string& property);

  // What a resume token stands for, asked of the host that would send the rest; nothing when it cannot be read.
  // Throws Error (unreachable).
  std::optional<PartialReceive> read_token(const std::string& token);

  // Whether the dataset exists. Throws Error (failed or unreachable).
  bool exists(const std::string& dataset);

  // What would encrypt a dataset that is made in this one; nothing where it is not there. Throws Error (failed or
  // unreachable).
  std::optional<ReceivePlace> place(const std::string& dataset);

  // Runs a command to its end. Throws Error when it fails, with zfs's own words and what to do.
  // `input`: its standard input.
  void run(const CommandLine& command, std::string_view input = {});

  // The same for who makes something of zfs's own words: the error, and what was said on standard error.
  struct Failure {
    Error error;
    std::string said;
  };
  std::optional<Failure> failure_of(const CommandLine& command);

  Transport& transport() { return *transport_; }

 private:
  Completed completed(const CommandLine& command, std::string_view input = {});

  std::shared_ptr<Transport> transport_;
  std::chrono::seconds command_timeout_;
};

}  // namespace czb
