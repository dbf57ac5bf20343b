// SPDX-License-Identifier: MIT
// The program itself is killed (SIGKILL) whenever it is about to start a command, at each side, one after the other:
// every boundary between two steps (with CZB_KILL_EVERY=N, every Nth). What it leaves, the next runs mend.
#include <signal.h>
#include <sys/stat.h>

#include <functional>

#include "fault_lab.h"

namespace czb::lab {
namespace {

class KillTest : public FaultLabTest {
 protected:
  void SetUp() override {
    retention = "{plugin: gfs, daily: 2, weekly: 0, monthly: 0, yearly: 0}";
    write_file(killer(), "#!/bin/sh\nkill -9 $PPID\n");
    ASSERT_EQ(::chmod(killer().c_str(), 0755), 0);
    make_tree({"child", "other"});
    for (const std::string relative : {"", "child", "other"}) write(relative, "file", noise(1).substr(0, 65536));
  }

  // Before each run that is killed: something for every step to do.
  void change(int day) {
    remember();
    write("child", "file", noise(static_cast<unsigned>(day)).substr(0, 65536));
    write("other", "file", "day " + std::to_string(day));
  }

  // Kills at the first command of a side, the second, … until a run ends by itself. `prepare` is called before each.
  void kill_at_each_command(const std::string& side, const std::function<void()>& prepare) {
    const int every = static_cast<int>(from_environment("CZB_KILL_EVERY", 1));
    for (int number = 1;; number += every) {
      SCOPED_TRACE("killed at command " + std::to_string(number) + " of the " + side);
      ASSERT_LT(number, 100);
      prepare();
      change(++day_);
      const Link killing = faulty("hook: " + killer() + ", at-command: " + std::to_string(number));
      const Result result = backup_through(day_, side == "source" ? Links{killing, {}} : Links{{}, killing});
      expect_no_process_left();
      remember();
      if (result.status != -SIGKILL) {
        EXPECT_THAT(result, Exits(ok));
        EXPECT_TRUE(agree());
        EXPECT_GT(number, 2) << "it was never killed\n" << result.text();
        return;
      }
      day_ = expect_agreement_after(day_);
      if (HasFailure()) return;
    }
  }

  void kill_daily_runs() {
    for (int day = 1; day <= 4; ++day) take_snapshot(day);
    day_ = 4;
    EXPECT_THAT(backup_through(++day_, {}), Exits(ok));
    for (const std::string side : {"source", "target"}) {
      kill_at_each_command(side, [] {});
      if (HasFailure()) return;
    }
  }

  std::string killer() const { return folder + "/killer"; }

  int day_ = 0;
};

TEST_F(KillTest, AtEveryCommandOfADailyRunAtMostTwoMoreRunsAgree) { kill_daily_runs(); }

// Without root on either side.
TEST_F(KillTest, AtEveryCommandOfADailyRunToAnAppendOnlyReceiverAtMostTwoMoreRunsAgree) {
  through_receiver.use("append-only");
  kill_daily_runs();
}

TEST_F(KillTest, AtEveryCommandOfADailyRunToAMirroringReceiverAtMostTwoMoreRunsAgree) {
  through_receiver.use("mirror");
  kill_daily_runs();
}

TEST_F(KillTest, AtEveryCommandOfAFirstFullAtMostTwoMoreRunsAgree) {
  const std::string first = target;
  int number = 0;
  for (const std::string side : {"source", "target"}) {
    kill_at_each_command(side, [&] {
      if (exists(target)) zfs({"destroy", "-r", target});
      target = first + "-" + std::to_string(++number);
    });
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace czb::lab
