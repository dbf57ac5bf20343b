// SPDX-License-Identifier: MIT
// The backup's machine is reset: its pool comes back as its disk was at some moment in the middle of a run.
#include <signal.h>

#include <filesystem>
#include <fstream>

#include "fault_lab.h"

namespace czb::lab {
namespace {

class PoolResetTest : public FaultLabTest {
 protected:
  void SetUp() override {
    succeed({"truncate", "-s", "256M", disk_});
    succeed({"zpool", "create", "-o", "ashift=12", "-o", "cachefile=none", "-m", "none", "vault", disk_});
    target = "vault/backup";
    retries = 0;
    make_tree({"light", "heavy", "last"}, {"-o", "compression=off"});
    change(1);
  }
  void TearDown() override {
    run({"zpool", "destroy", "-f", "vault"});
    std::filesystem::remove(disk_);
    std::filesystem::remove(copy_);
  }

  // One dataset is heavy enough that its stream alone reaches every point where the tests stop it.
  void change(int number) const {
    write("heavy", "file", noise(static_cast<unsigned>(number)));
    for (const std::string relative : {"", "light", "last"}) write(relative, "file", std::to_string(number));
  }

  Link at_receive(const std::string& fault) const {
    return faulty(fault + ", match: receive, at-command: 0, log: " + log_);
  }

  // A run whose stream stands still after so many bytes; then the disk is copied.
  void copy_disk_in_mid_receive(Process& program) const {
    ASSERT_TRUE(comes_true([&] { return program.ended() || has_struck(log_); }));
    ASSERT_FALSE(program.ended()) << program.wait().text();
    // What was received so far lies on the disk, as after the seconds in which it does so by itself.
    succeed({"zpool", "sync", "vault"});
    copy_disk();
  }

  // As the disk was at one moment, though what the pipe still held may be written meanwhile: where no uberblock has
  // come between, ZFS has overwritten nothing that the last one reaches.
  void copy_disk() const {
    EXPECT_TRUE(comes_true([&] {
      const std::string before = uberblocks();
      succeed({"cp", "--sparse=always", disk_, copy_});
      return uberblocks() == before;
    }));
  }

  // They are in the four labels of a disk, two of 256 KiB at either end.
  std::string uberblocks() const {
    constexpr std::streamoff labels = 2 * 256 << 10;
    std::ifstream disk(disk_, std::ios::binary);
    std::string text(2 * labels, '\0');
    disk.read(text.data(), labels);
    disk.seekg(-labels, std::ios::end);
    disk.read(text.data() + labels, labels);
    EXPECT_TRUE(disk.good());
    return text;
  }

  void reset_pool() const {
    succeed({"zpool", "destroy", "-f", "vault"});
    std::filesystem::rename(copy_, disk_);
    succeed({"zpool", "import", "-f", "-N", "-o", "cachefile=none", "-d", disk_, "vault"});
  }

  // The machine goes away under the program, and comes back as it was then.
  void reset_in_mid_receive(int day, const std::string& after) {
    std::filesystem::remove(log_);
    Process program(command(day, {{}, at_receive("fault: stall, after: " + after)}));
    copy_disk_in_mid_receive(program);
    if (HasFatalFailure()) return;
    for (const pid_t receiver : processes_called("zfs", "receive")) ::kill(receiver, SIGKILL);
    program.signal(SIGTERM);
    const Result result = program.wait();
    EXPECT_NE(result.status, ok) << result.text();
    expect_no_process_left();
    reset_pool();
  }

  const std::string disk_ = "/tmp/vault.img";
  const std::string copy_ = "/tmp/vault.copy";
  const std::string log_ = folder + "/log";
};

TEST_F(PoolResetTest, InMidReceiveOfAFirstFullAtMostTwoMoreRunsAgree) {
  int day = 0;
  for (const std::string after : {"64K", "400K", "900K"}) {
    SCOPED_TRACE(after);
    reset_in_mid_receive(++day, after);
    if (HasFailure()) return;
    day = expect_agreement_after(day);
    zfs({"destroy", "-r", target});
  }
}

TEST_F(PoolResetTest, InMidReceiveOfAnIncrementAtMostTwoMoreRunsAgree) {
  int day = 1;
  EXPECT_THAT(backup_through(day, {}), Exits(ok));
  for (const std::string after : {"64K", "400K", "900K"}) {
    SCOPED_TRACE(after);
    change(++day);
    reset_in_mid_receive(day, after);
    if (HasFailure()) return;
    day = expect_agreement_after(day);
  }
}

// The source has recorded what the target then has no more.
TEST_F(PoolResetTest, AfterARunThatEndedWellTheTargetMayForgetItAndAtMostTwoMoreRunsAgree) {
  EXPECT_THAT(backup_through(1, {}), Exits(ok));
  change(2);
  Process program(command(2, {{}, at_receive("fault: stop, after: 400K")}));
  ASSERT_TRUE(comes_true([&] { return program.ended() || program.stopped(); }));
  copy_disk_in_mid_receive(program);
  ASSERT_FALSE(HasFatalFailure());
  program.signal(SIGCONT);
  EXPECT_THAT(program.wait(), Exits(ok));
  EXPECT_TRUE(agree());
  reset_pool();
  EXPECT_FALSE(agree());
  expect_agreement_after(2);
}

}  // namespace
}  // namespace czb::lab
