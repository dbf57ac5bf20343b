// SPDX-License-Identifier: MIT
// Somebody with root on the source and the backup's key does what the protocol lets him, and what it does not, round
// after round, to destroy a backup behind an append-only receiver: all that was there is there afterwards, by guid, by
// content, and readable with its keys. CZB_ROUNDS says how many rounds, CZB_SEED which.
#include <algorithm>
#include <chrono>
#include <iostream>

#include "forgery_ground.h"
#include "random_fault.h"
#include "receiver_lab.h"

namespace czb::lab {
namespace {

class RansomwareTest : public ReceiverLabTest {
 protected:
  // What came of it is not looked at.
  void attack(const ForgeryGround& ground, Dice& dice);
  void ask_for(const ReceiverKey& key, Dice& dice) const;
  void forge_one(const ForgeryGround& ground, Dice& dice) const;
  void push_by_the_program(Dice& dice);

  std::string place(const std::string& relative) const { return relative.empty() ? target : target + "/" + relative; }
  std::string stream_of(const Words& send) const { return run(Words{"zfs", "send", "-w"} + send).out; }

  int number_ = 0;
};

void RansomwareTest::ask_for(const ReceiverKey& key, Dice& dice) const {
  const std::vector<Words> attempts = {{"zfs", "destroy", "-r", target + "@1,2"},
                                       {"zfs", "destroy", target + "/a@2"},
                                       {"zfs", "rollback", "-r", target + "@1"},
                                       {"zfs", "receive", "-A", target},
                                       {"zfs", "receive", "-A", target + "/a"},
                                       {"zfs", "receive", "-F", target + "/a"},
                                       {"zfs", "rename", target + "/a", target + "/gone"},
                                       {"zfs", "change-key", "-i", target + "/x"},
                                       {"zfs", "set", "mountpoint=/etc/cron.d", target},
                                       {"zfs", "receive", "-s", "-u", "-o", "mountpoint=/etc", target + "/new"}};
  receive(asking(key, dice.pick(attempts)));
}

void RansomwareTest::forge_one(const ForgeryGround& ground, Dice& dice) const {
  const Forgery one = forge(ground.forgers(), dice);
  if (dice.chance(70)) {
    receive(with_key(ground.key(), place(one.dataset)), one.stream);
    return;
  }
  const Forgery other = dice.chance(40) ? leave_genuine(ground.forgers(), dice) : forge(ground.forgers(), dice);
  receive_around(with_key(ground.key(), place(one.dataset)), one.stream, one.held_back,
                 with_key(ground.key(), place(other.dataset)), other.stream);
}

// He changes what is at the source, and has the program push it with all force.
void RansomwareTest::push_by_the_program(Dice& dice) {
  const std::string child = source + "/" + dice.pick(Words{"a", "x", "x/y"});
  const Words force = {"--force-destroy-lots", "--force-non-incremental"};
  switch (dice.between(0, 4)) {
    case 0:  // overwritten
      for (const char* const each : {"", "/a", "/x"})
        if (run({"mountpoint", "-q", "/" + source + each}).status == 0)
          write_file("/" + source + each + "/file", noise(static_cast<unsigned>(number_), 3000));
      break;
    case 1:  // history gone
      run({"bash", "-c", "zfs list -H -o name -t snapshot -r \"$1\" | xargs -r -n 1 zfs destroy -r", "x", child});
      break;
    case 2:  // made again under its name
      run({"zfs", "destroy", "-R", child});
      run({"zfs", "create", child});
      break;
    case 3:  // the clock is in the past, or in the future
      run({CZB_PROGRAM, "--config", folder + "/config.yaml", "--now",
           dice.chance(50) ? "1980-01-01T00:00:00Z" : "2099-12-31T23:59:59Z"});
      return;
    default:  // swapped names
      run({"zfs", "rename", source + "/a", source + "/swap"});
      run({"zfs", "rename", source + "/x/y", source + "/a"});
      run({"zfs", "rename", source + "/swap", source + "/x/y"});
  }
  run(backup_command(number_, force));
}

void RansomwareTest::attack(const ForgeryGround& ground, Dice& dice) {
  ++number_;
  const std::string mine = "mine-" + std::to_string(number_);
  const std::string child = dice.pick(Words{"", "a", "x"});
  const std::string his = source + (child.empty() ? "" : "/" + child);
  const int which = dice.between(0, 99);
  if (which < 15) {
    ask_for(ground.key(), dice);
  } else if (which < 75) {
    forge_one(ground, dice);
  } else if (which < 81) {  // renamed snapshots, in a replication stream
    run({"zfs", "rename", "-r", source + "@2", source + "@" + mine});
    run({"zfs", "snapshot", "-r", source + "@" + mine + "x"});
    receive(with_key(ground.key(), target), stream_of({"-R", source + "@" + mine + "x"}));
    run({"zfs", "rename", "-r", source + "@" + mine, source + "@2"});
  } else if (which < 87) {  // in full over what is there
    run({"zfs", "snapshot", his + "@" + mine});
    receive(with_key(ground.key(), place(dice.pick(Words{"", "a", "x"}))), stream_of({his + "@" + mine}));
  } else if (which < 92) {  // new, and cut off
    run({"zfs", "snapshot", his + "@" + mine});
    const std::string stream = stream_of({his + "@" + mine});
    receive(with_key(ground.key(), place("cut-" + std::to_string(number_))), stream.substr(0, stream.size() * 2 / 3));
  } else {
    push_by_the_program(dice);
  }
}

TEST_F(RansomwareTest, AllThatWasInAnAppendOnlyBackupIsThereAfterEveryRound) {
  const ForgeryGround ground(source, target, folder, {true, true});
  restrict_to({"--max-stream", "16M"});
  target_options = {"initial: full", "destroy-limit: 100%", "on-divergence: rollback", "on-source-gone: destroy",
                    "retries: 0"};
  const std::uint64_t seed = from_environment("CZB_SEED", 1);
  const std::uint64_t rounds = from_environment("CZB_ROUNDS", 100);
  const PoolState before = look_at("offsite");
  const std::set<std::string> snapshots = kept();
  Dice dice(seed);
  const auto began = std::chrono::steady_clock::now();
  for (std::uint64_t round = 1; round <= rounds && !HasFailure(); ++round) {
    attack(ground, dice);
    Words broken;
    const std::set<std::string> now = kept();
    if (!std::includes(now.begin(), now.end(), snapshots.begin(), snapshots.end())) broken = {"snapshots are gone"};
    // All of it now and then: it takes longer with each snapshot that he adds.
    if (round % 5 == 0 || round == rounds) {
      broken = broken + broken_promises(before, look_at("offsite"), target);
      broken = broken + ground.unreadable(round == rounds);
    }
    for (const std::string& each : broken) ADD_FAILURE() << each << "\n  in round " << round << ", CZB_SEED=" << seed;
  }
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - began);
  std::cout << rounds << " rounds in " << took.count() << " ms; he has added "
            << additions(before, look_at("offsite")).size() << " datasets and snapshots\n";
}

}  // namespace
}  // namespace czb::lab
