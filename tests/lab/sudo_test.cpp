// SPDX-License-Identifier: MIT
// The receiver as root, by a key whose user may run it through sudo, and nothing else: docs/examples/sudoers.
#include "restricted.h"

namespace czb::lab {
namespace {

using ::testing::HasSubstr;

void replace_all(std::string& text, const std::string& from, const std::string& to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
}

TEST_F(LabTest, TheExampleForSudoLetsAKeyRunTheReceiverAsRootAndNothingElse) {
  ensure_system_user();
  std::string sudoers = read_file(CZB_EXAMPLES "/sudoers/cyber-zfs-backup-receiver");
  replace_all(sudoers, "/usr/bin/cyber-zfs-backup-receiver", CZB_RECEIVER);
  replace_all(sudoers, "offsite/zippy", target);
  const std::string file = "/etc/sudoers.d/cyber-zfs-backup-receiver";
  write_file(file, sudoers);
  succeed({"chmod", "0440", file});
  succeed({"visudo", "-c", "-f", file});

  const std::string keys = "/root/sudo-keys";
  succeed({CZB_GUEST_TOOLS "/setup-receiver", keys, system_user, "sudo", "-n", CZB_RECEIVER, "--root", target});
  transport = ssh_transport(keys + "/ssh_config");
  make_tree({"child"});
  write("child", "file", "precious");
  expect_backup(1);
  transport.replace(transport.size() - 1, 1, ", use-sudo: true}");  // the sender asks for it; it makes no difference
  expect_backup(2);
  EXPECT_EQ(file_of(target + "/child@" + noon(1), "file"), "precious");
  EXPECT_THAT(zfs({"allow", "offsite"}), ::testing::Not(HasSubstr(system_user)));

  for (const Words& other :
       {Words{"zfs", "list"}, Words{"sh"}, Words{CZB_RECEIVER}, Words{CZB_RECEIVER, "--root", "offsite"},
        Words{CZB_RECEIVER, "--root", target, "--mode", "mirror"}, Words{CZB_RECEIVER, "setup"}}) {
    const Result result = run(non_root(Words{"sudo", "-n"} + other));
    EXPECT_EQ(result.status, 1) << result.text();
    EXPECT_THAT(result.err, HasSubstr("sudo: ")) << ::testing::PrintToString(other);
  }
}

}  // namespace
}  // namespace czb::lab
