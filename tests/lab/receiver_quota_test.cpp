// SPDX-License-Identifier: MIT
// What a key can fill: the bound holds from a stream's first byte, for what is new and what is there, in one dataset or
// in many; what was there stays, the sender is told, and once there is more room the next push goes on. Each has its
// control where plain zfs receive would have gone on.
#include <filesystem>

#include "receiver_lab.h"
#include "restricted.h"
#include "volume.h"

namespace czb::lab {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::size_t mebi = std::size_t{1} << 20;

class ReceiverQuotaTest : public ReceiverLabTest {
 protected:
  static constexpr std::uint64_t bound = 4 * mebi;
  // What ZFS lets through before it notices, or a watch between two looks; and what it needs for itself.
  static constexpr std::uint64_t slack = 4 * mebi;
  // What zfs receive has in its queue (zfs_recv_queue_length, 16 MiB) and what lies in the pipes is written all the
  // same.
  static constexpr std::uint64_t watched_slack = 20 * mebi;

  static std::uint64_t used(const std::string& dataset) {
    succeed({"zpool", "sync"});
    return std::stoull(zfs({"get", "-H", "-p", "-o", "value", "used", dataset}));
  }

  // A push that does not fit: it says so, and what to do, and stops at the bound; what was there is there, as it was.
  // `beyond`: so much may lie there beside.
  void expect_stopped(int day, const std::string& what_to_do, std::uint64_t beyond) const {
    const std::set<std::string> before = kept();
    const Result result = backup(day, push_only);
    EXPECT_EQ(result.status, failed) << result.text();
    EXPECT_THAT(result.text(), HasSubstr("quota exceeded: " + target + " holds "));
    EXPECT_THAT(result.text(), HasSubstr("may hold 4M"));
    EXPECT_THAT(result.text(), HasSubstr(what_to_do));
    EXPECT_THAT(result.text(), Not(HasSubstr("ALARM")));
    EXPECT_GT(used(target), bound / 2) << "it was stopped by something else";
    EXPECT_LT(used(target), bound + beyond);
    const std::set<std::string> after = kept();
    for (const std::string& each : before) EXPECT_EQ(after.count(each), 1U) << each;
  }
  void expect_stopped_by_zfs(int day) const {
    expect_stopped(day, "zfs set quota=SIZE " + target, slack);
    EXPECT_EQ(property("quota", target), std::to_string(bound));
    // From here on nothing is begun.
    expect_stopped(day, "zfs set quota=SIZE " + target, slack);
  }

  // Plain zfs receive takes all of it.
  void expect_more_without_receiver(const Words& send) const {
    const std::string control = target + "-control";
    succeed(Words{"bash", "-c", "zfs send \"${@:2}\" | zfs receive -u \"$1\"", "control", control} + send);
    EXPECT_GT(used(control), bound + slack) << "it would have fitted, so this shows nothing";
    zfs({"destroy", "-r", control});
  }

  void more_room() const { zfs({"set", "quota=200M", target}); }
  // Of the key: for a volume.
  static void more_room_by_the_key() {
    succeed({"sed", "-i", "s/'--quota' '4M'/'--quota' '200M'/", "/root/.ssh/authorized_keys"});
  }
  static void key_of_before() {
    succeed({"sed", "-i", "s/'--quota' '200M'/'--quota' '4M'/", "/root/.ssh/authorized_keys"});
  }

  // The receiver runs as the system user, with the permissions of its role.
  void restrict_without_root() {
    const std::string file = restricted_ssh_config(target, {"--quota", "4M"});
    succeed({"chown", "-R", "root:", std::filesystem::path(file).parent_path()});
    transport = ssh_transport(file);
  }

  void fill(const Words& relatives, std::size_t each, unsigned seed) const {
    for (unsigned i = 0; i < relatives.size(); ++i) write(relatives[i], "data", noise(seed + i, each));
  }
};

TEST_F(ReceiverQuotaTest, TheFirstFullOfAFileSystemStopsThere) {
  make_tree();
  restrict_to({"--quota", "4M"});
  fill({""}, 12 * mebi, 1);
  take_snapshot(1);
  expect_stopped_by_zfs(1);
  more_room();
  expect_backup(1, push_only);
  EXPECT_EQ(property("quota", target), std::to_string(200 * mebi));
  EXPECT_EQ(file_of(target + "@" + noon(1), "data"), noise(1, 12 * mebi));
  expect_more_without_receiver({"-p", source + "@" + noon(1)});
}

TEST_F(ReceiverQuotaTest, AnIncrementOfAFileSystemStopsThere) {
  make_tree();
  restrict_to({"--quota", "4M"});
  fill({""}, mebi, 1);
  take_snapshot(1);
  expect_backup(1, push_only);
  fill({""}, 12 * mebi, 2);
  take_snapshot(2);
  expect_stopped_by_zfs(2);
  EXPECT_EQ(file_of(target + "@" + noon(1), "data"), noise(1, mebi));
  more_room();
  expect_backup(2, push_only);
  expect_more_without_receiver({"-p", source + "@" + noon(2)});
}

TEST_F(ReceiverQuotaTest, TheFirstFullOfATreeStopsThereWhereverInIt) {
  make_tree({"a", "b", "c", "d"});
  restrict_to({"--quota", "4M"});
  fill({"", "a", "b", "c", "d"}, 2 * mebi, 10);
  take_snapshot(1);
  expect_stopped_by_zfs(1);
  more_room();
  expect_backup(1, push_only);
  expect_more_without_receiver({"-R", source + "@" + noon(1)});
}

TEST_F(ReceiverQuotaTest, AnIncrementOfATreeWithANewDatasetAndAVolumeStopsThere) {
  make_tree({"a", "b"});
  restrict_to({"--quota", "4M"});
  fill({"", "a", "b"}, mebi, 10);
  take_snapshot(1);
  expect_backup(1, push_only);
  zfs({"create", source + "/new"});
  zfs({"create", "-s", "-V", "16M", source + "/disk"});
  write_volume(source + "/disk", 0, noise(5, 4 * mebi));
  fill({"a", "new"}, 2 * mebi, 20);
  take_snapshot(2);
  expect_stopped_by_zfs(2);
  more_room();
  expect_backup(2, push_only);
  expect_more_without_receiver({"-R", source + "@" + noon(2)});
}

TEST_F(ReceiverQuotaTest, ARawEncryptedTreeStopsThere) {
  make_tree({"a", "b"}, encrypted());
  restrict_to({"--quota", "4M"});
  fill({"", "a", "b"}, 4 * mebi, 10);
  take_snapshot(1);
  expect_stopped_by_zfs(1);
  more_room();
  expect_backup(1, push_only);
  expect_more_without_receiver({"-R", "-w", source + "@" + noon(1)});
  zfs({"set", "quota=" + std::to_string(used(target) + 2 * mebi), target});
  fill({"", "a", "b"}, 4 * mebi, 20);
  take_snapshot(2);
  EXPECT_THAT(backup(2, push_only), Exits(failed, {"quota exceeded", "zfs set quota=SIZE " + target}));
  more_room();
  expect_backup(2, push_only);
  EXPECT_EQ(property("encryptionroot", target + "/a"), target);
  zfs({"load-key", "-L", "file://" + folder + "/key", target});
  EXPECT_EQ(file_of(target + "/a@" + noon(2), "data"), noise(21, 4 * mebi));
  zfs({"unload-key", "-r", target});
}

TEST_F(ReceiverQuotaTest, AVolumeWhichZfsHasNoQuotaForStopsThere) {
  zfs({"create", "-s", "-V", "64M", source});
  write_volume(source, 0, noise(1, mebi));
  restrict_to({"--quota", "4M"});
  take_snapshot(1);
  expect_backup(1, push_only);
  EXPECT_EQ(property("quota", target), "-");
  write_volume(source, 0, noise(2, 32 * mebi));
  take_snapshot(2);
  const std::string what_to_do = "a larger --quota in this key's line of authorized_keys";
  expect_stopped(2, what_to_do, watched_slack);
  expect_stopped(2, what_to_do, watched_slack);
  more_room_by_the_key();
  expect_backup(2, push_only);
  EXPECT_EQ(read_volume_snapshot(target + "@" + noon(2)).substr(0, 32 * mebi), noise(2, 32 * mebi));
}

TEST_F(ReceiverQuotaTest, TheFirstFullOfAVolumeStopsThereAlsoARawOne) {
  for (const Words& options : {Words{}, encrypted()}) {
    zfs(Words{"create", "-s", "-V", "64M"} + options + Words{source});
    write_volume(source, 0, noise(2, 32 * mebi));
    restrict_to({"--quota", "4M"});
    take_snapshot(1);
    expect_stopped(1, "a larger --quota in this key's line of authorized_keys", watched_slack);
    more_room_by_the_key();
    expect_backup(1, push_only);
    expect_more_without_receiver({"-p", "-w", source + "@" + noon(1)});
    key_of_before();
    zfs({"destroy", "-r", source});
    zfs({"destroy", "-r", target});
  }
}

TEST_F(ReceiverQuotaTest, ManySmallDatasetsFillNoMoreThanOneLargeOne) {
  make_tree();
  restrict_to({"--quota", "4M"});
  fill({""}, mebi / 2, 1);
  take_snapshot(1);
  expect_backup(1, push_only);
  int taken = 0;
  for (int i = 0; i < 16; ++i)
    taken += push_by_hand({source + "@" + noon(1)}, target + "/" + std::to_string(i)).status == 0;
  EXPECT_GT(taken, 3);
  EXPECT_LT(taken, 8);
  EXPECT_LT(used(target), bound + slack / 2);
}

TEST_F(ReceiverQuotaTest, AQuotaInTheStreamsHeaderChangesNothing) {
  make_tree({"a"});
  zfs({"set", "quota=10G", source});
  zfs({"set", "quota=10G", source + "/a"});
  restrict_to({"--quota", "4M"});
  fill({"", "a"}, mebi, 1);
  take_snapshot(1);
  expect_backup(1, push_only);
  EXPECT_EQ(property("quota", target), std::to_string(bound));
  EXPECT_EQ(property("quota", target + "/a"), "0");
  fill({"", "a"}, 6 * mebi, 10);
  take_snapshot(2);
  expect_stopped_by_zfs(2);
  EXPECT_EQ(zfs({"get", "-H", "-o", "source", "quota", target}), "local\n");
}

// The first properties that zfs receives for a dataset make it forget the local ones: what the administrator has set.
class FirstPropertiesTest : public ReceiverQuotaTest {
 protected:
  // Day 1 is in a dataset there, without properties and with a quota; day 2 does not fit, and brings properties.
  void receive_plain_and_bound(const std::string& dataset) const {
    succeed({"bash", "-c", "zfs send \"$1\" | zfs receive -u \"$2\"", "plain", source + "@" + noon(1), dataset});
    zfs({"set", "quota=4M", dataset});
  }
  void expect_kept_with(const Words& options) {
    make_tree();
    zfs({"set", "atime=off", source});
    fill({""}, mebi, 1);
    take_snapshot(1);
    fill({""}, 12 * mebi, 2);
    take_snapshot(2);
    receive_plain_and_bound(target);
    restrict_to(options);
    const Result result = push_by_hand({"-p", "-i", "@" + noon(1), source + "@" + noon(2)}, target);
    EXPECT_EQ(result.status, 1) << result.text();
    EXPECT_THAT(result.err, HasSubstr("quota exceeded: " + target + " holds "));
    EXPECT_EQ(property("quota", target), std::to_string(bound));
    EXPECT_LT(used(target), bound + slack);
  }
};

TEST_F(FirstPropertiesTest, DoNotWipeTheQuotaOfTheRoot) {
  expect_kept_with({});
  const std::string control = target + "-control";
  receive_plain_and_bound(control);
  succeed({"bash", "-c", "zfs send -p -i \"$1\" \"$2\" | zfs receive -u \"$3\"", "control", "@" + noon(1),
           source + "@" + noon(2), control});
  EXPECT_EQ(property("quota", control), "0") << "zfs does not forget it, so this shows nothing";
  EXPECT_GT(used(control), bound + slack);
  zfs({"destroy", "-r", control});
}

TEST_F(FirstPropertiesTest, DoNotReplaceItByALargerOneOfTheKey) { expect_kept_with({"--quota", "100G"}); }

TEST_F(ReceiverQuotaTest, TheSameHoldsWithoutRoot) {
  restrict_without_root();
  make_tree({"a"});
  fill({"", "a"}, 6 * mebi, 1);
  take_snapshot(1);
  expect_stopped_by_zfs(1);
  more_room();
  expect_backup(1, push_only);
  unallow(target.substr(0, target.rfind('/')));
}

TEST_F(ReceiverQuotaTest, AVolumeIsWatchedWithoutRootToo) {
  restrict_without_root();
  zfs({"create", "-s", "-V", "64M", source});
  write_volume(source, 0, noise(2, 32 * mebi));
  take_snapshot(1);
  expect_stopped(1, "a larger --quota in this key's line of authorized_keys", watched_slack);
  unallow(target.substr(0, target.rfind('/')));
}

// Whom zfs does not let set it: the receiver watches, and says what is missing.
TEST_F(ReceiverQuotaTest, WhereTheQuotaMayNotBeSetItIsWatched) {
  restrict_without_root();
  const std::string parent = target.substr(0, target.rfind('/'));
  zfs({"unallow", "-u", system_user, "quota", parent});
  make_tree({"a"});
  fill({""}, mebi, 1);
  take_snapshot(1);
  EXPECT_THAT(backup(1, push_only), Exits(ok, {"the quota of " + target + " could not be set",
                                               "zfs allow -u " + system_user + " quota " + target}));
  fill({"", "a"}, 14 * mebi, 10);
  take_snapshot(2);
  expect_stopped(2, "zfs set quota=SIZE " + target, watched_slack);
  EXPECT_EQ(property("quota", target), "0");
  unallow(parent);
}

TEST_F(ReceiverQuotaTest, TheReportSaysWhatBoundsIt) {
  make_tree();
  restrict_to();
  const auto told = [&] { return ask(as_sent({"cyber-zfs-backup-receiver", "report"})).out; };
  EXPECT_THAT(told(), HasSubstr("\nquota\t-\nspace-bound\t-\n"));
  zfs({"set", "quota=100M", "offsite"});
  EXPECT_THAT(told(), HasSubstr("\nspace-bound\t104857600\n"));
  zfs({"set", "quota=none", "offsite"});
  take_snapshot(1);
  expect_backup(1, push_only);
  zfs({"set", "quota=10M", target});
  EXPECT_THAT(told(), HasSubstr("\nspace-bound\t10485760\n"));
}

}  // namespace
}  // namespace czb::lab
