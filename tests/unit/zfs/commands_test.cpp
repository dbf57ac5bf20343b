// SPDX-License-Identifier: MIT
// The zfs command lines, word for word (zfs/commands.h).
#include "zfs/commands.h"

#include <gtest/gtest.h>

#include "zfs/names.h"

namespace czb {
namespace {

const std::string columns =
    "name,type,guid,createtxg,userrefs,clones,receive_resume_token,encryptionroot,origin,written";

TEST(Commands, ListAsksForTheWholeTreeInExactNumbers) {
  EXPECT_EQ(list_command("tank/home", {}, true),
            (CommandLine{"zfs", "list", "-H", "-p", "-r", "-t", "filesystem,volume,snapshot,bookmark", "-o", columns,
                         "tank/home"}));
}

TEST(Commands, ListOfTheRootAloneGoesOneLevelDown) {
  EXPECT_EQ(list_command("tank/home", {}, false),
            (CommandLine{"zfs", "list", "-H", "-p", "-d", "1", "-t", "filesystem,volume,snapshot,bookmark", "-o",
                         columns, "tank/home"}));
}

TEST(Commands, ListAddsUserPropertiesAsColumns) {
  EXPECT_EQ(list_command("tank", {"a:b", "c:d"}, true).at(8), columns + ",a:b,c:d");
}

TEST(Commands, NamesAreListedWithoutSnapshots) {
  EXPECT_EQ(list_names_command("tank/home"),
            (CommandLine{"zfs", "list", "-H", "-r", "-t", "filesystem,volume", "-o", "name", "tank/home"}));
}

TEST(Commands, PropertyNamesAreThoseThatAreSetOnDatasetsOfTheTree) {
  EXPECT_EQ(property_names_command("tank"), (CommandLine{"zfs", "get", "-H", "-r", "-t", "filesystem,volume", "-s",
                                                         "local,received", "-o", "property", "all", "tank"}));
}

TEST(Commands, ExistsAsksForOneDatasetOnly) {
  EXPECT_EQ(exists_command("tank/home"), (CommandLine{"zfs", "list", "-H", "-o", "name", "tank/home"}));
}

TEST(Commands, SnapshotIsRecursiveOrOfExactlyTheseDatasets) {
  EXPECT_EQ(snapshot_tree_command("tank/home", "a b"), (CommandLine{"zfs", "snapshot", "-r", "tank/home@a b"}));
  EXPECT_EQ(snapshot_command({"tank", "tank/a"}, "t1"), (CommandLine{"zfs", "snapshot", "tank@t1", "tank/a@t1"}));
}

TEST(Commands, DestroyNamesEachSnapshotAndNeverADatasetAlone) {
  EXPECT_EQ(destroy_command("tank/home", {"t1"}, false), (CommandLine{"zfs", "destroy", "tank/home@t1"}));
  EXPECT_EQ(destroy_command("tank/home", {"t1", "t2", "a b"}, true),
            (CommandLine{"zfs", "destroy", "-r", "tank/home@t1,t2,a b"}));
}

TEST(Commands, DestroyOfADatasetOrABookmarkIsNeverRecursive) {
  EXPECT_EQ(destroy_dataset_command("tank/a"), (CommandLine{"zfs", "destroy", "tank/a"}));
  EXPECT_EQ(destroy_bookmark_command("tank/a", "b"), (CommandLine{"zfs", "destroy", "tank/a#b"}));
}

TEST(Commands, RenamePromoteAndRollBackNeverForce) {
  EXPECT_EQ(rename_command("far/a", "far/b"), (CommandLine{"zfs", "rename", "far/a", "far/b"}));
  EXPECT_EQ(rename_snapshot_command("far/a", "t 1", "t2", false),
            (CommandLine{"zfs", "rename", "far/a@t 1", "far/a@t2"}));
  EXPECT_EQ(rename_snapshot_command("far/a", "t1", "t2", true),
            (CommandLine{"zfs", "rename", "-r", "far/a@t1", "far/a@t2"}));
  EXPECT_EQ(promote_command("far/a"), (CommandLine{"zfs", "promote", "far/a"}));
  EXPECT_EQ(rollback_command("far/a", "t1"), (CommandLine{"zfs", "rollback", "far/a@t1"}));
}

TEST(Commands, SendOfATreeIsRawRecursiveAndEstimated) {
  EXPECT_EQ(send_tree_command("tank/home", std::nullopt, "t2", false),
            (CommandLine{"zfs", "send", "-P", "-R", "-w", "-L", "-c", "-e", "tank/home@t2"}));
  EXPECT_EQ(send_tree_command("tank/home", "t1", "t2", false),
            (CommandLine{"zfs", "send", "-P", "-R", "-w", "-L", "-c", "-e", "-I", "@t1", "tank/home@t2"}));
  EXPECT_EQ(send_tree_command("tank/home", "t1", "t2", true),
            (CommandLine{"zfs", "send", "-P", "-R", "-s", "-w", "-L", "-c", "-e", "-I", "@t1", "tank/home@t2"}));
  EXPECT_EQ(send_tree_command("tank/home", "t1", "t2", false, StreamForm::plain),
            (CommandLine{"zfs", "send", "-P", "-R", "-L", "-c", "-I", "@t1", "tank/home@t2"}));
  EXPECT_EQ(send_dataset_command("tank/a", SendFrom::nothing, "", "t2", StreamForm::plain),
            (CommandLine{"zfs", "send", "-P", "-p", "-L", "-c", "tank/a@t2"}));
}

TEST(Commands, SendOfOneDatasetIsRawWithItsProperties) {
  const auto words = [](SendFrom from, const std::string& base) {
    const CommandLine command = send_dataset_command("tank/a", from, base, "t2");
    EXPECT_EQ(CommandLine(command.begin(), command.begin() + 8),
              (CommandLine{"zfs", "send", "-P", "-p", "-w", "-L", "-c", "-e"}));
    return CommandLine(command.begin() + 8, command.end());
  };
  EXPECT_EQ(words(SendFrom::nothing, ""), (CommandLine{"tank/a@t2"}));
  EXPECT_EQ(words(SendFrom::snapshot, "t1"), (CommandLine{"-I", "@t1", "tank/a@t2"}));
  EXPECT_EQ(words(SendFrom::bookmark, "b1"), (CommandLine{"-i", "tank/a#b1", "tank/a@t2"}));
  EXPECT_EQ(words(SendFrom::origin, "tank/d@t1"), (CommandLine{"-i", "tank/d@t1", "tank/a@t2"}));
}

TEST(Commands, ATokenIsReadOrSentFrom) {
  EXPECT_EQ(read_token_command("1-abc"), (CommandLine{"zfs", "send", "-nvt", "1-abc"}));
  EXPECT_EQ(send_token_command("1-abc"), (CommandLine{"zfs", "send", "-P", "-t", "1-abc"}));
  EXPECT_EQ(abort_receive_command("far/a"), (CommandLine{"zfs", "receive", "-A", "far/a"}));
}

TEST(Commands, ReceiveKeepsWhatArrivedSetsOrExcludesPropertiesAndNeverForces) {
  EXPECT_EQ(receive_command("offsite/home", {}), (CommandLine{"zfs", "receive", "-s", "-u", "offsite/home"}));
  EXPECT_EQ(
      receive_command("offsite/home", {{"readonly", "on"}, {"quota", std::nullopt}, {"a:b", ""}}),
      (CommandLine{"zfs", "receive", "-s", "-u", "-o", "a:b=", "-x", "quota", "-o", "readonly=on", "offsite/home"}));
}

TEST(Commands, ABaseIsRecordedByOneProgramInThePoolOfTheTree) {
  EXPECT_EQ(record_base_command("tank/home", "a:b", "v", "-t1", "mark:"),
            (CommandLine{"zfs", "program", "--", "tank", "-", "tank/home", "a:b", "v", "-t1", "mark:"}));
  EXPECT_EQ(record_base_command("tank/home", "a:b", "v", "t1", "mark:", {{"tank/home/a b", "x y"}}),
            (CommandLine{"zfs", "program", "--", "tank", "-", "tank/home", "a:b", "v", "t1", "mark:", "tank/home/a b",
                         "x y"}));
  EXPECT_EQ(record_base_command("tank", "a:b", "v", "t1", "m").at(3), "tank");
}

TEST(Commands, ABookmarkOfABaseNamesItsTarget) {
  EXPECT_EQ(base_bookmark_prefix("offsite"), "cyber-zfs-backup:offsite:");
}

TEST(Commands, SetPropertyTakesTheValueAsItIs) {
  EXPECT_EQ(set_property_command("tank", "a:b", "t 1=2"), (CommandLine{"zfs", "set", "a:b=t 1=2", "tank"}));
}

TEST(Commands, TheBasePropertyIsAUserPropertyOfItsTarget) {
  EXPECT_EQ(base_property("offsite"), "cyber-zfs-backup:base.offsite");
  EXPECT_EQ(property_name_error(base_property("off-site.2_b")), std::nullopt);
}

TEST(Commands, TheRecordedBaseIsASnapshotOfTheTreesOwnRoot) {
  const auto read = [](const std::string& value) {
    return recorded({{base_property("far"), value}, {"other", "x"}}, "far", "tank/home");
  };
  EXPECT_EQ(read("tank/home@t1"), (TargetRecord{"t1", {}}));
  EXPECT_EQ(read("tank/home@a b"), (TargetRecord{"a b", {}}));
  EXPECT_EQ(read("tank/home@t1,7-12"), (TargetRecord{"t1", TxgRange{7, 12}}));
  EXPECT_EQ(read("tank/home@,7-7"), (TargetRecord{"", TxgRange{7, 7}}));
  for (const TargetRecord& record :
       {TargetRecord{"t1", {}}, TargetRecord{"", TxgRange{1, 2}}, TargetRecord{"a-b", TxgRange{0, ~std::uint64_t{0}}}})
    EXPECT_EQ(read(record_value("tank/home", record)), record);
  for (const char* foreign : {"t1", "tank@t1", "tank/home/a@t1", "tank/homes@t1", "", "tank/home", "tank/home@",
                              "tank/home@t1,", "tank/home@t1,7", "tank/home@t1,7-", "tank/home@t1,-7",
                              "tank/home@t1,9-7", "tank/home@t1,7-8x", "tank/home@t1,7-8,9-10", "tank/home@t1, 7-8"})
    EXPECT_EQ(read(foreign), std::nullopt) << foreign;
  EXPECT_EQ(recorded({}, "far", "tank/home"), std::nullopt);
}

}  // namespace
}  // namespace czb
