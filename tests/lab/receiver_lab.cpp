// SPDX-License-Identifier: MIT
#include "receiver_lab.h"

#include <algorithm>

#include "cyber-zfs-backup/shell_quote.h"
#include "remote_command.h"

namespace czb::lab {

void ReceiverLabTest::restrict_to(const Words& options) {
  const std::string keys = "/root/" + target.substr(target.find('/') + 1);
  const bool has_state = std::find(options.begin(), options.end(), "--state") != options.end();
  succeed(Words{CZB_GUEST_TOOLS "/setup-receiver", keys, "root", CZB_RECEIVER, "--root", target} +
          (has_state ? Words{} : Words{"--state", folder + "/state"}) + options);
  config = keys + "/ssh_config";
  transport = ssh_transport(config);
}

Result ReceiverLabTest::ask(const std::string& command, const std::string& input) const {
  return run({"bash", "-c", R"(bash -c "$1" | ssh -F "$2" -o ControlMaster=auto -o ControlPath="$3" \
-o ControlPersist=60 offsite ${4:+"$4"})",
              "ask", input, config, folder + "/mux", command});
}

std::string ReceiverLabTest::as_sent(const Words& words) {
  return std::string(ssh::remote_prefix) + shell_quote_command(words);
}

Result ReceiverLabTest::push_by_hand(const Words& send, const std::string& dataset) const {
  return ask(as_sent({"zfs", "receive", "-s", "-u", dataset}), "zfs send " + shell_quote_command(send));
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
  const Result result = ask(command, input);
  const std::string asked = command.substr(0, 300) + " < " + input;
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
