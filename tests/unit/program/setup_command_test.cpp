// SPDX-License-Identifier: MIT
// `cyber-zfs-backup setup` as a user meets it: its command line, its exit status, and a whole first run.
#include <gmock/gmock.h>

#include "fixtures/temporary_folder.h"
#include "process/command.h"
#include "real_process.h"
#include "sshd_testing.h"

namespace czb {
namespace {

using test::Deadline;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Words = std::vector<std::string>;

class SetupCommand : public ::testing::Test {
 protected:
  Completed run(const Words& words) {
    Words argv = {CZB_PROGRAM, "setup"};
    argv.insert(argv.end(), words.begin(), words.end());
    return czb::run(*transport_, argv);
  }
  Completed run_at(int port, const Words& words = {}) {
    Words all = {"--ssh-config",
                 folder_ / "config",
                 "--zfs-receive-dataset",
                 "vault/zippy",
                 "--dataset",
                 "tank/zippy",
                 "--key",
                 folder_ / "ssh/key",
                 "--known-hosts",
                 folder_ / "ssh/known_hosts",
                 "--host-name",
                 "127.0.0.1",
                 "--port",
                 std::to_string(port),
                 "--yes"};
    all.insert(all.end(), words.begin(), words.end());
    return run(all);
  }

  const Deadline deadline_;
  const TemporaryFolder folder_;
  std::shared_ptr<Transport> transport_ = test::local_transport();
};

TEST_F(SetupCommand, JobsWithoutSshNeedNothing) {
  folder_.file("config.yaml", "jobs:\n  a:\n    dataset: tank/a\n    targets: {b: {dataset: c/d, transport: local}}\n");
  const Completed completed = run({"--config", folder_ / "config.yaml"});
  EXPECT_TRUE(completed.ok()) << completed.err.raw();
  EXPECT_THAT(completed.out, HasSubstr("no job goes over ssh"));
}

TEST_F(SetupCommand, AWrongOptionTouchesNothing) {
  for (const Words& words : {Words{"--port", "x"}, Words{"--key", "relative"}, Words{"--accept-host-key", "yes"},
                             Words{"--mode", "all"}, Words{"--root", "other/dataset"}, Words{"--frobnicate"}}) {
    Words all = {"--ssh-config", folder_ / "config", "--known-hosts", folder_ / "known_hosts"};
    if (words.front() != "--key") all.insert(all.end(), {"--key", folder_ / "key"});
    all.insert(all.end(), words.begin(), words.end());
    const Completed completed = run(all);
    EXPECT_EQ(completed.status.code, 2) << words.front() << completed.err.raw();
    EXPECT_THAT(completed.err.raw(), HasSubstr(words.front()));
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
}

TEST_F(SetupCommand, ADryRunChangesNothing) {
  const transport_test::ReservedPort closed;
  const Completed completed = run_at(closed.number(), {"--print-only"});
  EXPECT_EQ(completed.status.code, 4) << "the host does not answer: " << completed.out << completed.err.raw();
  EXPECT_THAT(completed.out, HasSubstr("to do: the key " + folder_ / "ssh/key"));
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
}

TEST_F(SetupCommand, AFirstRunEndsWithATestThatSaysWhatLacks) {
  const transport_test::TestSshd sshd;
  const Completed fingerprint =
      czb::run(*transport_, {"ssh-keygen", "-l", "-E", "sha256", "-f", sshd / "host_key.pub"});
  const std::string word = fingerprint.out.substr(fingerprint.out.find("SHA256:"), 50);
  const Completed first = run_at(sshd.port(), {"--accept-host-key", word});
  EXPECT_EQ(first.status.code, 4) << first.out << first.err.raw();
  EXPECT_THAT(first.out, HasSubstr("done: the host key of [127.0.0.1]:" + std::to_string(sshd.port())));
  EXPECT_THAT(first.out, HasSubstr("Not there yet: cannot reach ssh offsite"));
  EXPECT_THAT(first.out, HasSubstr("Permission denied"));
  EXPECT_THAT(first.err.raw(), IsEmpty());
  EXPECT_THAT(sshd.log(), HasSubstr("cyber-zfs-backup")) << "that user was tried";
}

}  // namespace
}  // namespace czb
