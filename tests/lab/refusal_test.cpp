// SPDX-License-Identifier: MIT
// What the program will not do: each time it says why and what to do, and leaves both sides as they were.
#include "lab.h"

namespace czb::lab {
namespace {

class RefusalTest : public LabTest {
 protected:
  // The run ends so, says that, and changes nothing on either side.
  void expect_refusal(int status, const Words& texts, const Words& arguments = push_only) const {
    const std::string before = state_of({source, target});
    const Result result = backup(9, arguments);
    EXPECT_THAT(result, Exits(status, texts));
    EXPECT_EQ(count_of(commands_of(result), "zfs send"), 0U) << result.err;
    EXPECT_EQ(state_of({source, target}), before);
  }
};

TEST_F(RefusalTest, WithNoSnapshotInCommonNothingIsSentNotEvenWhenForced) {
  make_tree({"child"});
  take_snapshot(1);
  zfs({"create", "-o", "mountpoint=none", target});
  const Words forced = push_only + Words{"--force-non-incremental", "--force-destroy-lots"};

  // Not even over a target that is there but has no snapshot: it may hold data.
  expect_refusal(needs_person, {target + " has no snapshot at the target", "dataset at the target without a snapshot"});
  expect_refusal(needs_person, {target + " has no snapshot at the target", "dataset at the target without a snapshot"},
                 forced);

  zfs({"snapshot", target + "@its-own"});
  expect_refusal(needs_person, {target + " has 1 snapshots and none of them is one of the 1 of " + source});
  expect_refusal(needs_person, {"no snapshot in common"}, forced);
  EXPECT_TRUE(exists(target + "@its-own"));
}

// The same name is not the same snapshot.
TEST_F(RefusalTest, SnapshotsOfTheSameNameButAnotherGuidAreNotInCommon) {
  make_tree();
  take_snapshot(1);
  expect_backup(1, push_only);
  zfs({"destroy", "-r", source});
  make_tree();
  take_snapshot(1);
  expect_refusal(needs_person, {"no snapshot in common"}, push_only + Words{"--force-non-incremental"});
}

TEST_F(RefusalTest, SnapshotsThatTheTargetsRootTookByItselfStopThePush) {
  make_tree({"child"});
  expect_backup(1);
  take_snapshot(2);
  zfs({"snapshot", target + "@its-own"});
  expect_refusal(needs_person, {target + "@its-own is newer than the newest common snapshot @" + noon(1)},
                 push_only + Words{"--force-non-incremental", "--force-destroy-lots"});
}

TEST_F(RefusalTest, AMissingParentOrPoolAtTheTargetIsNamed) {
  make_tree();
  take_snapshot(1);
  target = "offsite/no-such/parent";
  expect_refusal(failed, {"offsite/no-such", "zfs create -p -o mountpoint=none offsite/no-such"});
  target = "nopool/backup";
  expect_refusal(failed, {"nopool", "zpool import nopool"});
}

TEST_F(RefusalTest, AMissingSourceIsAMistakeOfTheConfiguration) {
  source = "zippy/no-such";
  expect_refusal(usage, {"the dataset zippy/no-such of job 'job' does not exist"}, {});
  expect_refusal(usage, {"the dataset zippy/no-such of job 'job' does not exist"}, push_only);
  expect_refusal(usage, {"the dataset zippy/no-such of job 'job' does not exist"}, {"--dry-run"});
}

TEST_F(RefusalTest, AnSshConfigurationThatCannotBeReadStopsTheRunBeforeAnything) {
  make_tree();
  transport = "{plugin: ssh, destination: offsite, config: " + folder + "/no-such-file}";
  expect_refusal(usage, {folder + "/no-such-file", "config.yaml"}, {});
}

TEST_F(RefusalTest, TwoRunsInOneSecondMakeOneSnapshot) {
  make_tree({"child"});
  expect_backup(1);
  const std::string before = state_of({source, target});
  EXPECT_THAT(backup(1, snapshot_only), Exits(failed, {"dataset already exists", "Two runs within one second"}));
  EXPECT_EQ(state_of({source, target}), before);
}

}  // namespace
}  // namespace czb::lab
