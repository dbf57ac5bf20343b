// SPDX-License-Identifier: MIT
// Somebody with root on the source and the backup's key does what the protocol lets him, round after round, to destroy
// a backup behind an append-only receiver: all that was there is there afterwards, by guid and by content.
#include <algorithm>
#include <map>

#include "random_fault.h"
#include "receiver_lab.h"

namespace czb::lab {
namespace {

class RansomwareTest : public ReceiverLabTest {
 protected:
  void attack(Dice& dice) {
    const std::string child = source + "/" + dice.pick(Words{"a", "b"});
    ++number_;
    const std::string mine =
        "2030-01-" + std::to_string(10 + number_ % 20) + "T00:00:" + std::to_string(10 + number_ % 50) + "Z";
    const Words attempts = {as_sent({"zfs", "destroy", "-r", target + "@" + noon(1) + "," + noon(2)}),
                            as_sent({"zfs", "destroy", target + "/a@" + noon(3)}),
                            as_sent({"zfs", "rollback", "-r", target + "@" + noon(1)}),
                            as_sent({"zfs", "receive", "-A", target}),
                            as_sent({"zfs", "receive", "-F", target + "/a"}),
                            as_sent({"zfs", "rename", target + "/a", target + "/gone"}),
                            "zfs destroy -r " + target};
    ask(dice.pick(attempts));
    switch (dice.pick(std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7})) {
      case 0:  // overwritten, and pushed with all force
        overwrite(dice);
        run(backup_command(9, {"--force-destroy-lots", "--force-non-incremental"}));
        return;
      case 1:  // history gone at the source, then pushed
        run({"bash", "-c", "zfs list -H -o name -t snapshot -r \"$1\" | xargs -r -n 1 zfs destroy -r", "x", child});
        run(backup_command(9, {"--force-destroy-lots"}));
        return;
      case 2:  // made again under its name
        run({"zfs", "destroy", "-r", child});
        run({"zfs", "create", child});
        run(backup_command(9, {"--force-destroy-lots", "--force-non-incremental"}));
        return;
      case 3:  // the clock is in the past, or in the future
        run({CZB_PROGRAM, "--config", folder + "/config.yaml", "--now",
             dice.chance(50) ? "1980-01-01T00:00:00Z" : "2099-12-31T23:59:59Z"});
        return;
      case 4:  // renamed snapshots, in a replication stream
        run({"zfs", "rename", "-r", source + "@" + noon(2), source + "@" + mine});
        run({"zfs", "snapshot", "-r", source + "@" + mine + "x"});
        push_by_hand({"-R", source + "@" + mine + "x"}, target);
        run({"zfs", "rename", "-r", source + "@" + mine, source + "@" + noon(2)});
        return;
      case 5:  // a full stream over what is there
        run({"zfs", "snapshot", child + "@" + mine});
        push_by_hand({child + "@" + mine}, dice.chance(50) ? target : target + "/a");
        return;
      case 6:  // large, and cut off
        ask(as_sent({"zfs", "receive", "-s", "-u", target + "/big" + std::to_string(number_)}),
            "zfs send " + source + "@" + noon(4) + " | head -c 60000");
        return;
      default:  // swapped names
        run({"zfs", "rename", source + "/a", source + "/c"});
        run({"zfs", "rename", source + "/b", source + "/a"});
        run({"zfs", "rename", source + "/c", source + "/b"});
        run(backup_command(9, {"--force-destroy-lots"}));
    }
  }

  void overwrite(Dice& dice) {
    for (const char* const each : {"", "a", "b"})
      if (run({"mountpoint", "-q", "/" + source + "/" + each}).status == 0)
        write(each, "data", noise(static_cast<unsigned>(number_) + (dice.chance(50) ? 1 : 2), 200000));
  }

  int number_ = 0;
};

TEST_F(RansomwareTest, AllThatWasInAnAppendOnlyBackupIsThereAfterEveryRound) {
  make_tree({"a", "b"});
  restrict_to({"--max-stream", "16M"});
  target_options = {"initial: full", "destroy-limit: 100%", "on-divergence: rollback", "on-source-gone: destroy",
                    "retries: 0"};
  std::map<std::string, std::string> content;
  for (int day = 1; day <= 4; ++day) {
    fill_and_snapshot(day, {"", "a", "b"});
    expect_backup(day, push_only);
    for (const char* const each : {"", "/a", "/b"})
      content[target + each + "@" + noon(day)] = read_file("/" + source + each + "/data");
  }
  const std::set<std::string> before = kept();
  const std::uint64_t seed = from_environment("CZB_SEED", 1);
  const std::uint64_t rounds = from_environment("CZB_ROUNDS", 100);
  Dice dice(seed);
  for (std::uint64_t round = 1; round <= rounds && !HasFailure(); ++round) {
    attack(dice);
    const std::set<std::string> now = kept();
    EXPECT_TRUE(std::includes(now.begin(), now.end(), before.begin(), before.end()))
        << "round " << round << " with CZB_SEED=" << seed;
  }
  for (const auto& [snapshot, text] : content) EXPECT_TRUE(file_of(snapshot, "data") == text) << snapshot;
  EXPECT_EQ(property("readonly", target), "on");
  EXPECT_EQ(property("mountpoint", target), "none");
}

}  // namespace
}  // namespace czb::lab
