// SPDX-License-Identifier: MIT
// A run is killed whenever it is about to start a command at the source, then the target is away for longer than the
// policy keeps anything, and comes back: an increment goes on, for what may have arrived is protected before it leaves
// (adr/0019).
#include <signal.h>
#include <sys/stat.h>

#include "fault_lab.h"
#include "zfs/commands.h"

namespace czb::lab {
namespace {

class AwayTest : public FaultLabTest {
 protected:
  void SetUp() override {
    retention = "{plugin: gfs, daily: 1, weekly: 0, monthly: 0, yearly: 0}";
    write_file(killer(), "#!/bin/sh\nkill -9 $PPID\n");
    ASSERT_EQ(::chmod(killer().c_str(), 0755), 0);
    make_tree({"child"});
  }
  std::string killer() const { return folder + "/killer"; }
  void change(int day) const { write("child", "file", noise(static_cast<unsigned>(day)).substr(0, 65536)); }

  void stay_away_after_each_kill();
};

void AwayTest::stay_away_after_each_kill() {
  int day = 1;
  change(day);
  EXPECT_THAT(backup_through(day, {}), Exits(ok));
  for (int number = 1;; ++number) {
    SCOPED_TRACE("killed at command " + std::to_string(number));
    ASSERT_LT(number, 30);
    // Between the base and what is sent lies one that could arrive alone.
    take_snapshot(++day);
    change(++day);
    remember();
    const Link killing = faulty("hook: " + killer() + ", at-command: " + std::to_string(number));
    const Result killed = backup_through(day, {killing, {}});
    expect_no_process_left();
    for (int away = 1; away <= 3; ++away) {
      change(++day);
      EXPECT_THAT(backup_through(day, {}, {"--action", "snapshot", "expire"}), Exits(ok));
      remember();
    }
    const Result back = backup_through(++day, {});
    EXPECT_THAT(back, Exits(ok));
    EXPECT_TRUE(agree()) << back.text();
    if (killed.status != -SIGKILL) {
      EXPECT_THAT(killed, Exits(ok));
      EXPECT_GT(number, 3) << "it was never killed\n" << killed.text();
      return;
    }
    if (HasFailure()) return;
  }
}

TEST_F(AwayTest, WhateverHadArrivedIncrementsGoOn) { stay_away_after_each_kill(); }

// Without root on either side.
TEST_F(AwayTest, WhateverHadArrivedAtAReceiverIncrementsGoOn) {
  through_receiver.use("append-only");
  stay_away_after_each_kill();
}

// A backup that another tool has made, and a push that fails for good: the base is one that the target has.
TEST_F(AwayTest, APushThatFailsForGoodRecordsNoBaseThatIsNotThere) {
  retries = 0;
  change(1);
  EXPECT_THAT(backup_through(1, {}), Exits(ok));
  zfs({"inherit", base_property("offsite"), source});
  for (const std::string& name : {source, source + "/child"})
    zfs({"destroy", name + "#" + base_bookmark_prefix("offsite") + noon(1)});
  zfs({"set", "quota=" + std::to_string(std::stoull(property("used", target)) + (std::size_t{4} << 20)), target});
  write("child", "file", noise(9, std::size_t{16} << 20));
  EXPECT_NE(backup_through(2, {}).status, ok);
  EXPECT_THAT(property(base_property("offsite"), source), ::testing::StartsWith(source + "@" + noon(1)));
  for (int day = 3; day <= 6; ++day)
    EXPECT_THAT(backup_through(day, {}, {"--action", "snapshot", "expire"}), Exits(ok));
  zfs({"set", "quota=none", target});
  EXPECT_THAT(backup_through(7, {}), Exits(ok));
  EXPECT_TRUE(agree());
}

}  // namespace
}  // namespace czb::lab
