// SPDX-License-Identifier: MIT
// The backup comes to hold exactly what the source holds, whatever the tree looks like.
#include <unistd.h>

#include <filesystem>

#include "lab.h"

namespace czb::lab {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

class PushTest : public LabTest {};

// With no configuration: HOST/HOST to offsite/HOST by ssh, as the seed program did it.
TEST_F(PushTest, TheFirstFullIsRefusedUntilAskedForAndThenTheSidesStayEqualAndNothingIsMounted) {
  ssh_config();  // is root's own configuration, too
  zfs({"create", "-o", "mountpoint=/zippy/home", "zippy/zippy"});
  zfs({"create", "zippy/zippy/child"});
  zfs({"create", "zippy/zippy/child/grandchild"});
  zfs({"create", "-s", "-V", "8M", "zippy/zippy/volume"});
  zfs({"create", "zippy/zippy/a name: with"});
  zfs({"create", "-u", "-o", "mountpoint=/etc", "zippy/zippy/etc"});
  write_file("/zippy/home/child/grandchild/file", "first");
  const std::string mounts = read_file("/proc/self/mounts");

  EXPECT_THAT(run({CZB_PROGRAM, "--now", noon(1)}), Exits(refused, {"--force-non-incremental"}));
  EXPECT_FALSE(exists("offsite/zippy"));
  EXPECT_TRUE(exists("zippy/zippy/volume@" + noon(1)));

  EXPECT_THAT(run({CZB_PROGRAM, "--action", "push", "--force-non-incremental", "--now", noon(1)}),
              Exits(ok, {"6 snapshots of 6 datasets", "as the source"}));
  expect_mirror("zippy/zippy", "offsite/zippy");

  write_file("/zippy/home/child/grandchild/file", "second");
  EXPECT_THAT(run({CZB_PROGRAM, "--now", noon(2)}), Exits(ok, {"12 snapshots of 6 datasets", "as the source"}));
  expect_mirror("zippy/zippy", "offsite/zippy");

  EXPECT_EQ(file_of("offsite/zippy/child/grandchild@" + noon(1), "file"), "first");
  EXPECT_EQ(file_of("offsite/zippy/child/grandchild@" + noon(2), "file"), "second");
  EXPECT_EQ(read_file("/proc/self/mounts"), mounts);
  EXPECT_EQ(property("canmount", "offsite/zippy"), "noauto");
  for (const auto& [name, value] : property_of_tree("readonly", "offsite/zippy")) EXPECT_EQ(value, "on") << name;
  for (const auto& [name, value] : property_of_tree("mountpoint", "offsite/zippy"))
    EXPECT_EQ(value, name == "volume" ? "-" : "none") << name;
}

TEST_F(PushTest, AChildMayComeAndGoAndTheTargetKeepsWhatWent) {
  make_tree({"stays", "goes", "goes/too"});
  expect_backup(1);

  zfs({"create", source + "/comes"});
  zfs({"create", source + "/comes/too"});
  expect_backup(2);

  zfs({"destroy", "-r", source + "/goes"});
  const Tree kept = tree_of(target + "/goes");
  EXPECT_THAT(backup(3), Exits(ok, {target + "/goes is no longer at the source: the target keeps it",
                                    target + "/goes/too is no longer at the source: the target keeps it"}));
  EXPECT_EQ(tree_of(target + "/goes"), kept);
  EXPECT_EQ(tree_of(source + "/comes"), tree_of(target + "/comes"));
  EXPECT_EQ(tree_of(source + "/stays"), tree_of(target + "/stays"));
}

TEST_F(PushTest, ForeignSnapshotsAreReplicatedAndNeverExpired) {
  make_tree({"child"});
  expect_backup(1);
  zfs({"snapshot", source + "/child@foreign-on-a-child"});
  expect_backup(2);
  zfs({"snapshot", source + "@foreign-on-the-root"});
  expect_backup(3);
  zfs({"snapshot", "-r", source + "@foreign everywhere"});
  retention = keep_nothing;
  expect_backup(4, {"--force-destroy-lots"});

  // The base of the day before goes a day later.
  EXPECT_EQ(snapshots_of(source), (Tree{{"", {"foreign-on-the-root", noon(3), "foreign everywhere", noon(4)}},
                                        {"child", {"foreign-on-a-child", noon(3), "foreign everywhere", noon(4)}}}));
}

TEST_F(PushTest, AForeignSnapshotThatIsTheNewestIsPushedAsWell) {
  make_tree({"child"});
  take_snapshot(1);
  expect_backup(1, push_only);
  zfs({"snapshot", "-r", source + "@foreign"});
  expect_backup(1, push_only);
  EXPECT_THAT(snapshots_of(target), Contains(Pair("child", ElementsAre(noon(1), "foreign"))));
}

TEST_F(PushTest, ATreeMayBeItsRootAlone) {
  make_tree();
  expect_backup(1);
  expect_backup(2);
}

TEST_F(PushTest, ATreeMayBeAVolume) {
  zfs({"create", "-s", "-V", "8M", source});
  expect_backup(1);
  expect_backup(2);
  EXPECT_EQ(property("readonly", target), "on");
}

TEST_F(PushTest, PushAloneSendsTheNewestThereIsAndTheSecondTimeNothing) {
  make_tree({"child"});
  EXPECT_THAT(backup(1, push_only), Exits(failed, {source + " has no snapshot to send"}));
  EXPECT_FALSE(exists(target));

  take_snapshot(1);
  take_snapshot(2);
  expect_backup(3, push_only);
  EXPECT_THAT(snapshots_of(target), Each(Pair(::testing::_, ElementsAre(noon(1), noon(2)))));

  const std::string before = state_of({source, target});
  const Result again = backup(3, push_only);
  EXPECT_THAT(again, Exits(ok, {"sent nothing", "as the source"}));
  EXPECT_THAT(commands_of(again), IsEmpty());
  EXPECT_EQ(state_of({source, target}), before);
}

// Those of the source travel in the stream; those of the job are words of a command line that two shells could read.
TEST_F(PushTest, UserPropertiesWithEveryKindOfQuoteArriveIntactThroughSsh) {
  const std::string nasty = R"(-it's "quoted" $HOME `id` \ ; & | > * {a,b} ~ # !! %h)";
  make_tree({"child"});
  zfs({"set", "test:of-the-source=" + nasty, source + "/child"});
  target = "offsite/a name: with spaces";
  transport = ssh_transport(ssh_config());
  std::string quoted;
  for (const char c : nasty) quoted += c == '\'' ? "''" : std::string(1, c);
  target_options.push_back("properties: {mountpoint: none, 'test:of-the-job': '" + quoted + "'}");

  expect_backup(1);
  EXPECT_EQ(property(name_at_target("test:of-the-source"), target + "/child"), nasty);
  EXPECT_EQ(property("test:of-the-job", target), through_receiver.used() ? "-" : nasty);
  expect_backup(2);
  EXPECT_EQ(property(name_at_target("test:of-the-source"), target + "/child"), nasty);
  EXPECT_EQ(property("test:of-the-job", target), through_receiver.used() ? "-" : nasty);
}

TEST_F(PushTest, UseSudoRunsTheFarCommandsThroughSudoAndAsksNoPassword) {
  const std::string sudo = "/usr/local/bin/sudo";  // of this guest alone
  write_file(sudo, "#!/bin/sh\nprintf '%s ' \"$@\" >> " + folder + "/sudo.log; echo >> " + folder +
                       "/sudo.log\n[ \"$1\" = -n ] && shift\n[ \"$1\" = -- ] && shift\nexec \"$@\"\n");
  succeed({"chmod", "755", sudo});
  make_tree();
  transport = ssh_transport(ssh_config(), ", use-sudo: true");
  expect_backup(1);
  std::filesystem::remove(sudo);  // other tests have the real one
  EXPECT_THAT(read_file(folder + "/sudo.log"), AllOf(HasSubstr("-n "), HasSubstr("zfs receive")));
}

TEST_F(PushTest, SnapshotsThatDatasetsHaveBesideTheTreesNewestGoAfterIt) {
  make_tree({"a", "a/b", "c"});
  fill_and_snapshot(1, {"a", "c"});
  expect_backup(1, push_only);
  fill_and_snapshot(2, {"a", "c"});
  write("c", "data", noise(7));
  zfs({"snapshot", source + "/c@before-upgrade"});
  zfs({"create", source + "/a/young"});
  zfs({"snapshot", source + "/a/young@first"});
  const Result result = backup(2, push_only);
  EXPECT_THAT(result, Exits(ok, {"the same as the source"}));
  expect_mirror(source, target);
  EXPECT_EQ(count_of(commands_of(result), "zfs send -P -R"), 1U) << result.err;
  EXPECT_EQ(count_of(commands_of(result), "zfs send -P -p"), 2U) << result.err;
  EXPECT_THAT(backup(2, push_only), Exits(ok, {"sent nothing", "the same as the source"}));
  zfs({"snapshot", source + "@of-the-root"});
  expect_backup(2, push_only);
  expect_backup(3);
  const Result usual = backup(4);
  EXPECT_THAT(usual, Exits(ok));
  EXPECT_EQ(count_of(commands_of(usual), "zfs send"), 1U) << usual.err;
}

TEST_F(PushTest, WhatHasSnapshotsBelowADatasetWithoutIsNoSuccess) {
  make_tree({"m", "m/leaf"});
  zfs({"snapshot", source + "@" + noon(1)});
  zfs({"snapshot", source + "/m/leaf@" + noon(1)});
  const Result result = backup(1, push_only);
  EXPECT_THAT(result, Exits(failed, {source + "/m/leaf waits: its parent is not at the target", "NOT as the source"}));
  EXPECT_EQ(result.text().find("the same as the source"), std::string::npos) << result.text();
  EXPECT_EQ(tree_of(target).at(""), tree_of(source).at(""));
  expect_backup(2);
}

}  // namespace
}  // namespace czb::lab
