// SPDX-License-Identifier: MIT
// A far end that answers as it was told, for the tests of doctor; and ways to look at findings.
#pragma once

#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "cyber-zfs-backup/transport_plugin.h"
#include "doctor/finding.h"
#include "doctor/surroundings.h"
#include "inventory_builder.h"

namespace czb::doctor {

struct Scripted {
  std::string out = {};
  std::string err = {};
  int status = 0;
};

// Answers whole command lines; any other command is not found (status 127).
class ScriptedHost final : public TransportPlugin {
 public:
  explicit ScriptedHost(std::string peer) : peer_(std::move(peer)) {}

  ScriptedHost& answer(const std::string& command, Scripted with) {
    answers_[command] = std::move(with);
    return *this;
  }
  ScriptedHost& answer(const std::vector<std::string>& command, Scripted with) {
    return answer(test::joined(command), std::move(with));
  }
  // Each command ends so: the connection cannot be made.
  void refuse(const std::string& why) { refusal_ = why; }

  const std::vector<std::string>& commands() const { return commands_; }
  bool was_asked(const std::string& beginning) const {
    return std::any_of(commands_.begin(), commands_.end(),
                       [&](const std::string& command) { return command.rfind(beginning, 0) == 0; });
  }

 private:
  std::string peer() const override { return peer_; }
  std::string command_line(const std::vector<std::string>& argv) const override { return test::joined(argv); }
  ProcessPointer start_command(const std::vector<std::string>& argv, const StandardDescriptors& descriptors) override {
    if (!refusal_.empty()) throw Unreachable(refusal_);
    commands_.push_back(test::joined(argv));
    const auto found = answers_.find(commands_.back());
    const Scripted with = found == answers_.end() ? Scripted{"", argv.front() + ": not found\n", 127} : found->second;
    LocalCommand command;
    command.argv = {"sh",
                    "-c",
                    "printf %s \"$1\"; printf %s \"$2\" >&2; exit \"$3\"",
                    "scripted",
                    with.out,
                    with.err,
                    std::to_string(with.status)};
    command.descriptors = descriptors;
    return LocalProcess::start(command);
  }

  std::string peer_;
  std::map<std::string, Scripted> answers_;
  std::string refusal_;
  std::vector<std::string> commands_;
};

// A machine of root's at second `now`, without systemd and agent.
inline Surroundings surroundings(std::int64_t now, std::shared_ptr<Transport> tools = nullptr) {
  Surroundings here;
  here.tools = tools != nullptr ? std::move(tools) : std::make_shared<ScriptedHost>("this machine");
  here.clock = [now] { return now; };
  here.user_name = "root";
  here.home = "/root";
  here.receiver_state = "/no/such/folder";
  here.lock_folders = [] { return std::vector<std::string>{"/no/such/folder"}; };
  return here;
}

// The first finding of that check; of that subject, where one is named.
inline Finding finding_of(const std::vector<Finding>& all, const std::string& check, const std::string& target = "*") {
  for (const Finding& finding : all)
    if (finding.check == check && (target == "*" || finding.target == target)) return finding;
  return {"", "", "(no such finding: " + check + ")", State::ok, "", ""};
}

// Finding(State::failed, "part of what was seen", "part of the remedy").
MATCHER_P3(Tells, state, seen, remedy, std::string("is ") + to_string(state) + ", tells " + seen + " and " + remedy) {
  *result_listener << arg.check << " is " << to_string(arg.state) << ": " << arg.seen << " | Do: " << arg.remedy;
  return arg.state == state && arg.seen.find(seen) != std::string::npos && arg.remedy.find(remedy) != std::string::npos;
}

inline std::vector<std::string> checks_in(const std::vector<Finding>& all, State state,
                                          const std::string& target = "*") {
  std::vector<std::string> checks;
  for (const Finding& finding : all)
    if (finding.state == state && (target == "*" || finding.target == target)) checks.push_back(finding.check);
  return checks;
}

inline void PrintTo(const Finding& finding, std::ostream* stream) {
  *stream << finding.job << "/" << finding.target << " " << finding.check << " " << to_string(finding.state) << ": "
          << finding.seen << " | Do: " << finding.remedy;
}

}  // namespace czb::doctor
