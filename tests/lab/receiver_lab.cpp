// SPDX-License-Identifier: MIT
#include "receiver_lab.h"

#include <algorithm>

#include "cyber-zfs-backup/shell_quote.h"
#include "remote_command.h"

namespace czb::lab {

void ReceiverLabTest::restrict_to(const Words& options) {
  const std::string keys = "/root/" + target.substr(target.find('/') + 1);
  const bool has_state = std::find(options.begin(), options.end(), "--state") != options.end();
  receiver_ =
      Words{CZB_RECEIVER, "--root", target} + (has_state ? Words{} : Words{"--state", folder + "/state"}) + options;
  succeed(Words{CZB_GUEST_TOOLS "/setup-receiver", keys, "root"} + receiver_);
  config = keys + "/ssh_config";
  transport = ssh_transport(config);
}

Result ReceiverLabTest::ask(const std::string& command, const std::string& input) const {
  Words login = {"ssh", "-F", config};
  login = login + Words{"-oControlMaster=auto", "-oControlPath=" + folder + "/mux", "-oControlPersist=60", "offsite"};
  if (!command.empty()) login.push_back(command);
  if (input.empty()) return run(login);
  return run(Words{"bash", "-c", R"(bash -c "$1" | "${@:2}")", "ask", input} + login);
}

std::string ReceiverLabTest::as_sent(const Words& words) {
  return std::string(ssh::remote_prefix) + shell_quote_command(words);
}

Receiving ReceiverLabTest::started_for(const Words& words) const {
  return {receiver_, {"SSH_ORIGINAL_COMMAND=" + as_sent(words)}};
}

Receiving ReceiverLabTest::receiving(const std::string& dataset) const {
  return started_for({"zfs", "receive", "-s", "-u", dataset});
}

Result ReceiverLabTest::push_by_hand(const Words& send, const std::string& dataset) const {
  const Receiving there = receiving(dataset);
  return run(Words{"bash", "-c", R"(zfs send "${@:2:$1}" | "${@:2+$1}")", "push", std::to_string(send.size())} + send +
                 there.command,
             there.environment);
}

void ReceiverLabTest::make_backup(const Words& options, const Words& tree_options) {
  make_tree({"a"}, tree_options);
  restrict_to(options);
  fill_and_snapshot(1, {"", "a"});
  fill_and_snapshot(2, {"", "a"});
  expect_backup(2, push_only);
  zfs({"create", target + "2"});
  zfs({"snapshot", target + "2@mine"});
}

void ReceiverLabTest::expect_refused(const std::string& command, const std::string& input,
                                     const std::string& why) const {
  expect_refusal(ask(command, input), why, command.substr(0, 300) + " < " + input);
}

void ReceiverLabTest::expect_refusal(const Result& result, const std::string& why, const std::string& asked) {
  EXPECT_EQ(result.status, refused_by_receiver) << asked << "\n" << result.text();
  EXPECT_THAT(result.err, ::testing::HasSubstr("cyber-zfs-backup-receiver: refused: ")) << asked;
  EXPECT_THAT(result.err, ::testing::HasSubstr(why)) << asked;
  EXPECT_EQ(result.out, "") << asked;
}

std::set<std::string> ReceiverLabTest::kept() {
  std::set<std::string> kept;
  for (const std::string& line :
       lines_of(zfs({"list", "-H", "-p", "-r", "-t", "snapshot", "-o", "name,guid", "offsite"})))
    kept.insert(line);
  return kept;
}

}  // namespace czb::lab
