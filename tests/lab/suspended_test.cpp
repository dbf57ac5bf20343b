// SPDX-License-Identifier: MIT
// A pool whose disk refuses writes: ZFS suspends it, and whatever writes to it stands still, deaf to signals, until
// someone clears the pool. Made without a device mapper: the disk is a sparse file in a file system that is full.
#include <sys/mount.h>

#include <filesystem>
#include <stdexcept>

#include "lab.h"

namespace czb::lab {
namespace {

class SuspendedPoolTest : public LabTest {
 protected:
  void SetUp() override {
    std::filesystem::create_directory(disks);
    mount_disks(0, "size=24M");
    succeed({"truncate", "-s", "256M", disks + "/img"});
    succeed({"zpool", "create", "-o", "cachefile=none", "-m", "none", "weak", disks + "/img"});
    target = "weak/backup";
  }
  void TearDown() override {
    clear();
    succeed({"zpool", "destroy", "-f", "weak"});
    ::umount(disks.c_str());
  }
  void mount_disks(unsigned long flags, const char* options) const {
    if (::mount("tmpfs", disks.c_str(), "tmpfs", flags, options) != 0) throw std::runtime_error("cannot mount a tmpfs");
  }
  // The disk takes writes again.
  void clear() const {
    mount_disks(MS_REMOUNT, "size=300M");
    succeed({"zpool", "clear", "weak"});
    EXPECT_TRUE(comes_true(nobody_works_on_zfs));
  }

  std::string disks = folder + "/disks";
};

TEST_F(SuspendedPoolTest, ARunDoesNotWaitForeverForASuspendedPoolAndOnceItIsClearedTheNextOneAgrees) {
  make_tree({"child"}, {"-o", "compression=off"});
  expect_backup(1);
  write("child", "data", std::string(48 << 20, 'x'));
  target_options = {"retries: 0", "idle-timeout: 5s", "command-timeout: 10s"};
  const Result result = backup(2);
  EXPECT_NE(result.status, ok) << result.text();
  EXPECT_TRUE(exists(source + "/child@" + noon(2)));
  clear();
  target_options = {};  // those limits a busy machine could reach, too
  expect_backup(3);
}

}  // namespace
}  // namespace czb::lab
