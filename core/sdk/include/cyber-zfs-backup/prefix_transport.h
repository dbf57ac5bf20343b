// SPDX-License-Identifier: MIT
// PrefixTransport: a transport that is only a command prefix, run on this machine. The whole plugin:
//
//   class Jail final : public czb::PrefixTransport {
//    public:
//     explicit Jail(const czb::CreateArguments& arguments) : Jail(czb::PluginOptions(arguments).text("jail")) {}
//
//    private:
//     explicit Jail(const std::string& jail) : PrefixTransport("jail " + jail, {"jexec", jail, "env", "LC_ALL=C"}) {}
//   };
//
//   constexpr czb::OptionSpec option_table[] = {
//       czb::required_option("jail", czb::OptionType::string, "the jail's name")};
//
//   CZB_PLUGIN_ENTRY {
//     static constexpr czb::PluginDescriptor descriptor =
//         czb::transport_descriptor<Jail>("jail", "1.0.0", "MIT", "a jail on this machine", option_table);
//     return &descriptor;
//   }
//
// The prefix program must hand on the words as they are (docker exec, kubectl exec --, sudo; not ssh, which joins them:
// override local_argv) and carry descriptors and the exit status. The far end's environment is the prefix's affair.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "cyber-zfs-backup/local_process.h"
#include "cyber-zfs-backup/shell_quote.h"
#include "cyber-zfs-backup/transport_plugin.h"

namespace czb {

class PrefixTransport : public TransportPlugin {
 protected:
  // `peer`: who is there, for messages. `map_exit` says which statuses of the prefix program mean that it failed itself
  // (ExitKind::transport_failed); null: none.
  PrefixTransport(std::string peer, std::vector<std::string> prefix, ExitMapper map_exit = nullptr)
      : peer_(std::move(peer)), prefix_(std::move(prefix)), map_exit_(map_exit) {}

  const std::vector<std::string>& prefix() const noexcept { return prefix_; }

 private:
  // What is started here so that argv runs there.
  virtual std::vector<std::string> local_argv(const std::vector<std::string>& argv) const {
    std::vector<std::string> words = prefix_;
    words.insert(words.end(), argv.begin(), argv.end());
    return words;
  }

  std::string peer() const final { return peer_; }

  std::string command_line(const std::vector<std::string>& argv) const final {
    return shell_quote_command(local_argv(argv));
  }

  ProcessPointer start_command(const std::vector<std::string>& argv, const StandardDescriptors& descriptors) final {
    LocalCommand command;
    command.argv = local_argv(argv);
    command.descriptors = descriptors;
    command.map_exit = map_exit_;
    return LocalProcess::start(command);
  }

  std::string peer_;
  std::vector<std::string> prefix_;
  ExitMapper map_exit_;
};

}  // namespace czb
