// SPDX-License-Identifier: MIT
// What the job's owner has of a target behind cyber-zfs-backup-receiver: pushes end well, and the report says what is
// different.
#include <algorithm>
#include <filesystem>
#include <memory>

#include "receiver_lab.h"

namespace czb::lab {
namespace {

class ReceiverPushTest : public ReceiverLabTest {
 protected:
  // Days 1 to 4, each with its push; nothing has expired yet.
  void four_days() {
    make_tree({"a", "b"});
    for (int day = 1; day <= 4; ++day) {
      fill_and_snapshot(day, {"", "a", "b"});
      expect_backup(day, push_only);
    }
  }
};

TEST_F(ReceiverPushTest, AnAppendOnlyTargetKeepsWhatExpiredAndThePushEndsWell) {
  restrict_to();
  four_days();
  zfs({"destroy", "-r", source + "@" + noon(1) + "," + noon(2)});
  fill_and_snapshot(5, {"", "a", "b"});
  const Tree before = tree_of(target);
  const Result result = backup(5, push_only);
  EXPECT_THAT(result, Exits(ok, {"all of the source's and 6 more, which its receiver (append-only) keeps"}));
  EXPECT_EQ(count_of(commands_of(result), "zfs destroy"), 0U);
  const Tree after = tree_of(target);
  for (const auto& [name, snapshots] : before)
    for (const std::string& each : snapshots) EXPECT_THAT(after.at(name), ::testing::Contains(each));
  const Result again = backup(5, Words{"--json"} + push_only);
  EXPECT_THAT(again, Exits(ok, {"\"receiver\": \"append-only\""}));
  EXPECT_EQ(push_of(again).sent_bytes, 0U);
  EXPECT_TRUE(push_of(again).agrees);
}

// Whoever did it: all has arrived, and both sides agree.
TEST_F(ReceiverPushTest, AnAlarmAtTheReceiverIsTheLastWordOfThePushWhichFails) {
  const std::string zfs_there = folder + "/there/zfs";
  restrict_to({"--zfs", zfs_there});
  std::filesystem::create_directories(folder + "/there");
  write_file(zfs_there, "#!/bin/sh\n[ \"$1\" = receive ] && rm " + folder + "/harm 2>/dev/null && " +
                            "/usr/sbin/zfs destroy " + target + "/a@" + noon(1) + "\nexec /usr/sbin/zfs \"$@\"\n");
  succeed({"chmod", "755", zfs_there});
  four_days();
  zfs({"destroy", "-r", source + "@" + noon(1)});
  fill_and_snapshot(5, {"", "a", "b"});
  write_file(folder + "/harm", "");
  const Result result = backup(5, push_only);
  const std::string alarm =
      "ALARM of the receiver on ssh offsite: what was here before this stream is not as it was: " + target + "/a@" +
      noon(1) + " is gone";
  EXPECT_THAT(result, Exits(failed, {alarm, "its receiver raised an ALARM"}));
  EXPECT_THAT(lines_of(result.err).back(), ::testing::HasSubstr(alarm));
  fill_and_snapshot(6, {"", "a", "b"});
  EXPECT_THAT(backup(6, push_only), Exits(ok));
}

TEST_F(ReceiverPushTest, ADryRunSaysTheSameAsTheRun) {
  restrict_to();
  four_days();
  zfs({"destroy", source + "@" + noon(1)});
  fill_and_snapshot(5, {"", "a", "b"});
  const Result dry = backup(5, Words{"--dry-run"} + push_only);
  EXPECT_THAT(dry, Exits(ok));
  EXPECT_EQ(count_of(commands_of(dry), "zfs destroy"), 0U);
}

TEST_F(ReceiverPushTest, AMirrorTargetLosesWhatExpiredWithinItsOwnLimits) {
  restrict_to({"--mode", "mirror", "--keep-newest", "2", "--destroy-limit", "25%"});
  target_options = {"initial: full", "destroy-limit: 100%"};
  four_days();
  zfs({"destroy", "-r", source + "@" + noon(1)});
  expect_backup(4, push_only);  // one of four
  zfs({"destroy", "-r", source + "@" + noon(2)});
  const Result refused = backup(4, push_only);  // and another of the same day's four
  EXPECT_THAT(refused, Exits(Exit::refused, {"cyber-zfs-backup-receiver: refused: "}));
  EXPECT_EQ(snapshots_of(target).at("").size(), 3U);
}

TEST_F(ReceiverPushTest, WhatWasRenamedArrivesUnderItsNewNameAndTheOldOneStays) {
  restrict_to();
  four_days();
  zfs({"rename", source + "/a", source + "/z"});
  fill_and_snapshot(5, {"", "z", "b"});
  EXPECT_THAT(backup(5, push_only), Exits(ok, {"keeps its old name"}));
  const Tree there = tree_of(target);
  EXPECT_EQ(there.at("z"), tree_of(source).at("z"));
  EXPECT_EQ(there.at("a").size(), 4U);
  EXPECT_EQ(there.at(""), tree_of(source).at(""));
  fill_and_snapshot(6, {"", "z", "b"});
  EXPECT_THAT(backup(6, push_only), Exits(ok));
  EXPECT_EQ(tree_of(target).at("z"), tree_of(source).at("z"));
}

TEST_F(ReceiverPushTest, AnInterruptedPushIsFinishedThroughIt) {
  restrict_to();
  four_days();
  fill_and_snapshot(5, {"", "a", "b"});
  cut_stream({"-w", "-L", "-c", "-e", "-I", "@" + noon(4), source + "/a@" + noon(5)}, 100000, {target + "/a"});
  ASSERT_EQ(tokens_of(target), Words{"a"});
  const Result result = backup(5, Words{"--json"} + push_only);
  EXPECT_THAT(result, Exits(ok));
  EXPECT_EQ(push_of(result).outcomes.at("a"), "resumed");
  EXPECT_EQ(result.err.find("could not be set"), std::string::npos) << result.err;
  expect_mirror(source, target);
}

TEST_F(ReceiverPushTest, EncryptedTreesAndVolumesGoThroughItToo) {
  make_tree({"a"}, encrypted());
  zfs({"create", "-V", "8M", source + "/disk"});
  restrict_to();
  fill_and_snapshot(1, {"", "a"});
  expect_backup(1, push_only);
  zfs({"create", "-V", "8M", source + "/later"});
  fill_and_snapshot(2, {"", "a"});
  expect_backup(2, push_only);
  EXPECT_EQ(property("encryptionroot", target + "/a"), target);
}

// The first backup was carried here on a disk, and broke off in one of them: nothing says below what that one came.
TEST_F(ReceiverPushTest, WhatZfsItselfReceivedBeforeInheritsItsKeyOnceThisHostsOwnerSaysSo) {
  make_tree({"a", "b"}, encrypted());
  fill_and_snapshot(1, {"", "a", "b"});
  cut_stream({"-R", "-w", source + "@" + noon(1)}, 500000, {"-o", "mountpoint=none", "-o", "readonly=on", target});
  const Words cut = tokens_of(target);
  ASSERT_EQ(cut.size(), 1U);
  ASSERT_NE(cut.front(), "");
  const std::string child = target + "/" + cut.front();
  restrict_to();
  std::string file = target;
  std::replace(file.begin(), file.end(), '/', '%');
  file = folder + "/state/" + file + ".newkey";
  for (int day = 2; day <= 3; ++day) {
    fill_and_snapshot(day, {"", "a", "b"});
    const Result result = backup(day, push_only);
    EXPECT_THAT(result,
                Exits(ok, {"own encryption root", " there, and that stays so", "touch " + file + " at the receiver"}));
    EXPECT_THAT(result.text(), ::testing::Not(::testing::HasSubstr("the next recursive snapshot")));
    expect_mirror(source, target);
    EXPECT_EQ(property("encryptionroot", child), child);
  }
  write_file(file, "");
  fill_and_snapshot(4, {"", "a", "b"});
  expect_backup(4, push_only);
  EXPECT_THAT(property_of_tree("encryptionroot", target), ::testing::Each(::testing::Pair(::testing::_, target)));
  EXPECT_FALSE(std::filesystem::exists(file)) << "it has served";
}

// Each of their streams has the whole root for itself.
TEST_F(ReceiverPushTest, EncryptedDatasetsThatGoOneByOneDoNotFindTheReceiverBusy) {
  make_tree({"a", "b", "c"}, encrypted());
  restrict_to();
  target_options = {"initial: full", "parallel: 3"};
  fill_and_snapshot(1, {"a", "b", "c"});
  expect_backup(1, push_only);
  for (const char* child : {"/a", "/b", "/c"}) zfs({"destroy", "-r", target + child});
  const Result result = backup(1, push_only);
  EXPECT_THAT(result, Exits(ok, {"3 healed of 4 datasets"}));
  EXPECT_THAT(result.text(), ::testing::Not(::testing::HasSubstr("Tried again")));
  expect_mirror(source, target);
}

TEST_F(ReceiverPushTest, TheReceivingHostExpiresByItsOwnPolicyAndTheNextPushGoesOn) {
  restrict_to();
  four_days();
  const std::string file = folder + "/expire.yaml";
  write_file(file, "jobs:\n  received:\n    dataset: " + target + "\n    actions: [expire]\n    destroy-limit: 100%\n" +
                       "    retention: " + keep_nothing + "\n");
  const Result expired = run({CZB_PROGRAM, "--config", file, "--verbose", "--now", noon(9)});
  EXPECT_THAT(expired, Exits(ok));
  for (const auto& [name, snapshots] : snapshots_of(target)) EXPECT_EQ(snapshots, Words{noon(4)}) << name;
  fill_and_snapshot(5, {"", "a", "b"});
  EXPECT_THAT(backup(5, push_only).status, ::testing::AnyOf(ok, failed));
  EXPECT_THAT(tree_of(target).at("a").back(), ::testing::StartsWith(noon(5)));
}

// Somebody who has the key: names of many past years, of which the policy would keep all, and of past days.
TEST_F(ReceiverPushTest, MadeUpNamesTakeNoHonestOnesPlaceInTheReceivingHostsExpiry) {
  make_tree();
  restrict_to();
  for (int day = 1; day <= 10; ++day) take_snapshot(day);
  expect_backup(10, push_only);
  const Words honest = snapshots_of(target).at("");
  for (int number = 10; number < 34; ++number)
    zfs({"snapshot",
         source + "@19" + std::to_string(71 + number % 2) + "-01-01T00:00:" + std::to_string(number) + "Z"});
  for (int day = 10; day < 20; ++day) zfs({"snapshot", source + "@1970-01-" + std::to_string(day) + "T00:00:00Z"});
  zfs({"snapshot", source + "@last"});
  ASSERT_THAT(push_by_hand({"-I", "@" + noon(10), source + "@last"}, target), Exits(ok));

  const auto plan = [&](const std::string& actions) {
    const std::string file = folder + "/expire.yaml";
    write_file(file, "jobs:\n  received:\n    dataset: " + target + "\n    actions: " + actions +
                         "\n    retention: {plugin: gfs, daily: 10, weekly: 0, monthly: 0, yearly: all}\n" +
                         (actions.find("push") == std::string::npos
                              ? ""
                              : "    targets: {second: {dataset: zippy/second, transport: local, initial: full}}\n"));
    return run({CZB_PROGRAM, "--config", file, "--verbose", "--now", noon(12), "--dry-run"});
  };
  const auto doomed = [&](const Result& result) {
    Words names;
    for (const std::string& command : commands_of(result))
      if (command.rfind("zfs destroy", 0) == 0)
        for (const std::string& each : honest)
          if (command.find(each) != std::string::npos) names.push_back(each);
    return names;
  };
  for (const char* const actions : {"[expire]", "[expire, push]"}) {
    const Result result = plan(actions);
    EXPECT_THAT(result.text(), ::testing::HasSubstr("arrived after")) << actions;
    EXPECT_EQ(doomed(result), Words{}) << actions << result.text();
  }
  // A job that takes them itself goes by their names.
  EXPECT_NE(doomed(plan("[snapshot, expire]")), Words{}) << "the policy is not fooled, so this shows nothing";
}

TEST_F(ReceiverPushTest, AReceiveAndAnExpiryOfTheSameTreeExcludeEachOther) {
  restrict_to({"--state", "/var/lib/cyber-zfs-backup/receiver"});
  four_days();
  const std::string file = folder + "/expire.yaml";
  write_file(file, "jobs:\n  received:\n    dataset: " + target + "\n    actions: [expire]\n    destroy-limit: 100%\n" +
                       "    retention: " + keep_nothing + "\n");
  const Words expire = {CZB_PROGRAM, "--config", file, "--now", noon(9)};
  const std::string onward = folder + "/onward.yaml";  // one that also pushes has to know as little of its snapshots
  write_file(onward, "jobs:\n  received:\n    dataset: " + target + "\n    actions: [expire, push]\n");
  // The stream's beginning, and then nothing for a long time.
  auto receive = std::make_unique<Process>(
      Words{"bash", "-c", R"((zfs send "$1" | head -c 100000; sleep 600) | ssh -F "$2" offsite "$3")", "slow",
            source + "/a@" + noon(1), config, as_sent({"zfs", "receive", "-s", "-u", target + "/a/slow"})});
  ASSERT_TRUE(comes_true([&] { return !processes_called("zfs", "receive").empty(); }));
  EXPECT_THAT(run(expire), Exits(busy, {"dataset is busy"}));
  EXPECT_THAT(run({CZB_PROGRAM, "--config", onward, "--now", noon(9)}), Exits(busy, {"dataset is busy"}));
  EXPECT_EQ(snapshots_of(target).at("").size(), 4U);
  receive.reset();  // kills all of it: the client, and what feeds it
  ASSERT_TRUE(comes_true([&] { return processes_called("cyber-zfs-backup-receiver").empty(); }));
  EXPECT_THAT(run(expire), Exits(ok));
  EXPECT_EQ(snapshots_of(target).at("").size(), 1U);
}

TEST_F(ReceiverPushTest, ATreeIsPulledWithAKeyThatOnlyReads) {
  make_tree({"a"});
  fill_and_snapshot(1, {"", "a"});
  const std::string backup_there = target;
  target = source;  // the key reads the source
  restrict_to({"--mode", "pull"});
  target = backup_there;
  job_options = {"transport: " + transport, "actions: [push]"};
  transport = "local";
  expect_backup(1);
  fill_and_snapshot(2, {"", "a"});
  expect_backup(2);
  EXPECT_THAT(ask(as_sent({"zfs", "destroy", source + "@" + noon(1)})), Exits(refused_by_receiver));
  EXPECT_THAT(ask(as_sent({"zfs", "receive", "-s", "-u", source + "/x"})), Exits(refused_by_receiver));
}

TEST_F(ReceiverPushTest, ADatasetOutsideOfTheRootIsRefusedWithWordsThatHelp) {
  restrict_to();
  make_tree();
  fill_and_snapshot(1, {""});
  target += "-elsewhere";
  EXPECT_THAT(backup(1, push_only), Exits(Exit::refused, {"cyber-zfs-backup-receiver: refused: ", "authorized_keys"}));
  EXPECT_FALSE(exists(target));
}

}  // namespace
}  // namespace czb::lab
