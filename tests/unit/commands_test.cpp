// SPDX-License-Identifier: MIT
// The zfs command lines, word for word (zfs/commands.h).
#include "zfs/commands.h"

#include <gtest/gtest.h>

#include "zfs/names.h"

namespace czb {
namespace {

TEST(Commands, ListAsksForTheWholeTreeInExactNumbers) {
  EXPECT_EQ(list_command("tank/home", {}),
            (CommandLine{"zfs", "list", "-H", "-p", "-r", "-t", "filesystem,volume,snapshot", "-o",
                         "name,type,guid,createtxg,userrefs,clones,receive_resume_token,encryptionroot", "tank/home"}));
}

TEST(Commands, ListAddsUserPropertiesAsColumns) {
  const CommandLine command = list_command("tank", {"a:b", "c:d"});
  EXPECT_EQ(command.at(8), "name,type,guid,createtxg,userrefs,clones,receive_resume_token,encryptionroot,a:b,c:d");
}

TEST(Commands, ExistsAsksForOneDatasetOnly) {
  EXPECT_EQ(exists_command("tank/home"), (CommandLine{"zfs", "list", "-H", "-o", "name", "tank/home"}));
}

TEST(Commands, SnapshotIsRecursive) {
  EXPECT_EQ(snapshot_command("tank/home", "a b"), (CommandLine{"zfs", "snapshot", "-r", "tank/home@a b"}));
}

TEST(Commands, DestroyNamesEachSnapshotAndNeverADatasetAlone) {
  EXPECT_EQ(destroy_command("tank/home", {"t1"}, false), (CommandLine{"zfs", "destroy", "tank/home@t1"}));
  EXPECT_EQ(destroy_command("tank/home", {"t1", "t2", "a b"}, true),
            (CommandLine{"zfs", "destroy", "-r", "tank/home@t1,t2,a b"}));
}

TEST(Commands, SendIsRawRecursiveAndEstimated) {
  EXPECT_EQ(send_command("tank/home", std::nullopt, "t2"),
            (CommandLine{"zfs", "send", "-P", "-R", "-w", "-L", "-c", "-e", "tank/home@t2"}));
  EXPECT_EQ(send_command("tank/home", "t1", "t2"),
            (CommandLine{"zfs", "send", "-P", "-R", "-w", "-L", "-c", "-e", "-I", "@t1", "tank/home@t2"}));
}

TEST(Commands, ReceiveSetsOrExcludesPropertiesAndNeverForces) {
  EXPECT_EQ(receive_command("offsite/home", {}), (CommandLine{"zfs", "receive", "-u", "offsite/home"}));
  EXPECT_EQ(receive_command("offsite/home", {{"readonly", "on"}, {"quota", std::nullopt}, {"a:b", ""}}),
            (CommandLine{"zfs", "receive", "-u", "-o", "a:b=", "-x", "quota", "-o", "readonly=on", "offsite/home"}));
}

TEST(Commands, SetPropertyTakesTheValueAsItIs) {
  EXPECT_EQ(set_property_command("tank", "a:b", "t 1=2"), (CommandLine{"zfs", "set", "a:b=t 1=2", "tank"}));
}

TEST(Commands, TheBasePropertyIsAUserPropertyOfItsTarget) {
  EXPECT_EQ(base_property("offsite"), "cyber-zfs-backup:base.offsite");
  EXPECT_EQ(property_name_error(base_property("off-site.2_b")), std::nullopt);
}

TEST(Commands, TheRecordedBaseIsASnapshotOfTheTreesOwnRoot) {
  const auto recorded = [](const std::string& value) {
    return recorded_base({{base_property("far"), value}, {"other", "x"}}, "far", "tank/home");
  };
  EXPECT_EQ(recorded("tank/home@t1"), "t1");
  EXPECT_EQ(recorded("tank/home@a b"), "a b");
  for (const char* foreign : {"t1", "tank@t1", "tank/home/a@t1", "tank/homes@t1", "", "tank/home"})
    EXPECT_EQ(recorded(foreign), std::nullopt) << foreign;
  EXPECT_EQ(recorded_base({}, "far", "tank/home"), std::nullopt);
}

}  // namespace
}  // namespace czb
