// SPDX-License-Identifier: MIT
// Without root on either side: the program runs as a system user, and so does what is at the other end, each with the
// permissions of its role and no more.
#include <map>

#include "restricted.h"

namespace czb::lab {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class NonRootTest : public LabTest {
 protected:
  void SetUp() override { make_tree({"child"}); }
  void TearDown() override { unallow("offsite"); }

  void target_is_behind_the_receiver(const Words& options) {
    transport = ssh_transport(restricted_ssh_config(target, options));
  }
  Result non_root_backup(int day, const Words& arguments = {}) const {
    return run(non_root(backup_command(day, arguments)));
  }
  void expect_non_root_backup(int day) const {
    EXPECT_THAT(non_root_backup(day), Exits(ok));
    expect_mirror(source, target);
  }
};

TEST_F(NonRootTest, ATreeIsSnapshottedExpiredAndPushedThroughTheRestrictedReceiver) {
  allow(ZfsRole::sender, source);
  target_is_behind_the_receiver({"--mode", "append-only"});
  for (int day = 1; day < 4; ++day) {
    write("child", "file", "day " + std::to_string(day));
    expect_non_root_backup(day);
  }
  EXPECT_EQ(file_of(target + "/child@" + noon(1), "file"), "day 1");
  for (const char* const each : {"exec", "setuid", "devices"}) EXPECT_EQ(property(each, target + "/child"), "off");
  EXPECT_EQ(property("cyber-zfs-backup:base.offsite", source), source + "@" + noon(3));
}

// Everything that the receiver takes, and some of what it does not.
const std::map<std::string, std::string> taken = {{"aclinherit", "discard"},
                                                  {"aclmode", "groupmask"},
                                                  {"acltype", "posix"},
                                                  {"atime", "off"},
                                                  {"checksum", "sha256"},
                                                  {"compression", "zstd"},
                                                  {"copies", "2"},
                                                  {"dnodesize", "auto"},
                                                  {"logbias", "throughput"},
                                                  {"primarycache", "metadata"},
                                                  {"recordsize", "65536"},
                                                  {"relatime", "on"},
                                                  {"redundant_metadata", "most"},
                                                  {"secondarycache", "none"},
                                                  {"snapdir", "visible"},
                                                  {"sync", "disabled"},
                                                  {"xattr", "off"}};
const std::map<std::string, std::string> not_taken = {
    {"nbmand", "on"},       {"overlay", "off"},        {"quota", "100M"}, {"refquota", "90M"},
    {"reservation", "64K"}, {"refreservation", "64K"}, {"vscan", "on"},   {"setuid", "off"}};

TEST_F(NonRootTest, WhatSetupGrantsIsEnoughForAllThatTheReceiverTakesAndNoneOfItIsIdle) {
  for (const auto& set : {taken, not_taken})
    for (const auto& [name, value] : set) zfs({"set", name + "=" + value, source + "/child"});
  zfs({"set", "com.example:x=1", source + "/child"});
  zfs({"snapshot", source + "/child@origin"});
  zfs({"clone", source + "/child@origin", source + "/clone"});
  zfs({"create", "-s", "-V", "8M", "-o", "compression=zstd", source + "/volume"});
  allow(ZfsRole::sender, source);
  target_is_behind_the_receiver({"--mode", "append-only"});
  const Result first = non_root_backup(1);
  EXPECT_THAT(first, Exits(ok));
  for (const char* each : {"could not", "permission", "zfs allow"}) EXPECT_THAT(first.text(), Not(HasSubstr(each)));
  expect_mirror(source, target);
  for (const auto& [name, value] : taken) EXPECT_EQ(property(name, target + "/child"), value) << name;
  for (const char* each : {"quota", "refquota", "reservation", "refreservation"})
    EXPECT_EQ(property(each, target + "/child"), "0") << each;
  EXPECT_EQ(property("origin", target + "/clone"), target + "/child@origin");
  expect_non_root_backup(2);

  const Permissions granted = role_permissions(ZfsRole::append_only).source_properties;
  for (const std::string& each : granted) zfs({"unallow", "-u", system_user, each, "offsite"});
  zfs({"destroy", "-r", target});
  const Result without = non_root_backup(3);
  EXPECT_THAT(without, Exits(ok, {"could not set properties of "}));
  for (const std::string& each : granted) EXPECT_THAT(without.text(), ::testing::ContainsRegex("[ ,]" + each + "[,:]"));
}

// Only root may run the channel program that makes all bookmarks at once.
TEST_F(NonRootTest, WhereTheBaseWasDestroyedByHandABookmarkContinuesIt) {
  allow(ZfsRole::sender, source);
  target_is_behind_the_receiver({"--mode", "append-only"});
  expect_non_root_backup(1);
  expect_non_root_backup(2);
  zfs({"destroy", source + "/child@" + noon(2)});
  EXPECT_THAT(non_root_backup(3), Exits(ok, {"a bookmark of it is there"}));
  EXPECT_EQ(snapshots_of(target).at("child"), (Words{noon(1), noon(2), noon(3)}));
}

TEST_F(NonRootTest, WithoutThePermissionToBookmarkARunEndsWellAndSaysWhatToType) {
  allow(ZfsRole::sender, source);
  zfs({"unallow", "-u", system_user, "bookmark", source});
  target_is_behind_the_receiver({"--mode", "append-only"});
  EXPECT_THAT(non_root_backup(1), Exits(ok, {"no bookmark of what the target is to have was made",
                                             "zfs allow -u USER bookmark " + source}));
  expect_mirror(source, target);
}

TEST_F(NonRootTest, WhatIsNotPermittedAtTheSourceIsNamedWithTheLineToType) {
  ensure_system_user();
  const Words at_the_source = {"zfs allow -u USER snapshot " + source};
  EXPECT_THAT(non_root_backup(1, snapshot_only), Exits(failed, at_the_source));
  EXPECT_EQ(snapshots_of(source).at("child"), Words{});
}

// zfs receive says so and exits with 0.
TEST_F(NonRootTest, PropertiesThatMayNotBeSetAtTheTargetAreANoteOfARunThatWentWell) {
  take_snapshot(1);
  allow(ZfsRole::sender, source);
  allow({"create", "mount", "readonly", "receive", "userprop"}, "offsite");
  const Result result = non_root_backup(2, push_only);
  EXPECT_THAT(result, Exits(ok, {"could not set properties of " + target, "canmount, mountpoint: permission denied",
                                 "zfs allow -u USER canmount,mountpoint " + target}));
  EXPECT_EQ(property("readonly", target + "/child"), "on");
  expect_mirror(source, target);
}

// The kernel says so, not our program.
TEST_F(NonRootTest, AnAppendOnlyTargetsUserCanGiveUpAnInterruptedReceiveAndDestroyNoSnapshot) {
  write("child", "big", noise(1));
  take_snapshot(1);
  allow(ZfsRole::append_only, "offsite");
  const auto cut = [&](const Words& send) {
    write_file(folder + "/stream", "");
    succeed(Words{"bash", "-c", "zfs send \"$@\" | head -c 500000 > \"$0\"", folder + "/stream"} + send);
    const Result result =
        run(Words{"bash", "-c", "exec \"$@\" < \"$0\"", folder + "/stream"} + non_root(receive_command(target, {})));
    EXPECT_NE(result.status, 0);
    EXPECT_NE(property("receive_resume_token", target), "-");
  };
  cut({"-w", source + "/child@" + noon(1)});
  EXPECT_THAT(run(non_root(abort_receive_command(target))), Exits(0));
  EXPECT_FALSE(exists(target));

  succeed(Words{"bash", "-c", "zfs send -w \"$0\" | \"$@\"", source + "/child@" + noon(1)} +
          non_root(receive_command(target, {})));
  write("child", "more", noise(2));
  take_snapshot(2);
  cut({"-w", "-I", "@" + noon(1), source + "/child@" + noon(2)});
  EXPECT_THAT(run(non_root(abort_receive_command(target))), Exits(0));
  EXPECT_EQ(property("receive_resume_token", target), "-");

  for (const CommandLine& destroying :
       {destroy_command(target, {noon(1)}, false), destroy_command(target, {noon(1)}, true),
        CommandLine{"zfs", "destroy", "-r", target}, rollback_command(target, noon(1)),
        rename_command(target, "offsite/elsewhere")})
    EXPECT_NE(run(non_root(destroying)).status, 0) << destroying[1];
  EXPECT_EQ(snapshots_of(target), (Tree{{"", {noon(1)}}}));
}

}  // namespace
}  // namespace czb::lab
