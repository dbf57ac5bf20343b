// SPDX-License-Identifier: MIT
// The transport to this machine, on which one fault happens: see fault.h for what each does. Beside it, every command
// is counted, and written into a log if there is one:
//
//   3 zfs list -H …                               the third command that was started, and its words
//   fault after 4096 bytes of 5 zfs receive …     the fault has happened
//
// With ssh-config the commands run on the host `offsite` of that file instead, as the bundled plugin for ssh has them
// run there, by one ssh client each; faults happen to the client and its stream.
//
// The hook is a program of this machine, run to its end before the command that the fault is meant for (also with
// `fault: none`), as a child of the program; the command's number is in its environment as CZB_FAULT_COMMAND.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "cyber-zfs-backup/transport_plugin.h"
#include "fault.h"

namespace czb::fault {

inline constexpr OptionSpec option_table[] = {
    choice_option("fault", "none|cut|stall|delay|garble|drop|fail|kill|refuse|stop", "none", "what goes wrong"),
    option("at-command", OptionType::integer, "1",
           "with which command of those that match, from 1; 0: with each (refuse: with which opening)"),
    option("match", OptionType::string, "", "count only commands that have this word"),
    option("after", OptionType::size, "0", "after so many bytes of the command's input, or else of its output"),
    option("pause", OptionType::duration, "1s", "how long a delay is"),
    option("log", OptionType::string, "", "a file to which each command adds a line"),
    option("hook", OptionType::string, "", "a program to run before the command"),
    option("ssh-config", OptionType::string, "", "an ssh_config, to whose host offsite the commands go"),
};

class FaultTransport final : public TransportPlugin {
 public:
  explicit FaultTransport(const CreateArguments& arguments);

 private:
  std::string peer() const override { return "this machine with faults"; }
  std::string command_line(const std::vector<std::string>& argv) const override;
  void open_session() override;
  ProcessPointer start_command(const std::vector<std::string>& argv, const StandardDescriptors& descriptors) override;

  bool is_meant(std::int64_t number) const { return at_ == 0 || at_ == number; }
  bool matches(const std::vector<std::string>& argv) const;
  void run_hook() const;
  // What is run on this machine for it.
  std::vector<std::string> local_words(const std::vector<std::string>& argv) const;

  Fault fault_;
  std::int64_t at_ = 1;
  std::string match_;
  std::string hook_;
  std::string ssh_config_;
  std::shared_ptr<Session> session_;
  std::int64_t openings_ = 0;
  std::int64_t commands_ = 0;
  std::int64_t matching_ = 0;
};

}  // namespace czb::fault
