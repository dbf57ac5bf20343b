// SPDX-License-Identifier: MIT
// What is deleted at the target because the source no longer has it.
#include "lab.h"

namespace czb::lab {
namespace {

class MirrorTest : public LabTest {
 protected:
  // Days 1 to 4 of the whole tree, on both sides.
  void make_four_days() {
    make_tree({"child"});
    for (int day = 1; day <= 4; ++day) take_snapshot(day);
    expect_backup(4, push_only);
  }
};

TEST_F(MirrorTest, EachModeDeletesWhatItSaysAndNothingElse) {
  make_tree({"child"});
  for (int day = 1; day <= 3; ++day) take_snapshot(day);
  zfs({"snapshot", "-r", source + "@foreign"});
  take_snapshot(8);
  more_targets =
      "      ours: {dataset: offsite/ours, transport: local, mirror: ours, initial: full}\n"
      "      off: {dataset: offsite/off, transport: local, mirror: off, initial: full}\n";
  expect_backup(8, push_only);
  expect_mirror(source, "offsite/ours");
  expect_mirror(source, "offsite/off");
  Tree all = snapshots_of(source);

  zfs({"destroy", "-r", source + "@foreign"});
  zfs({"destroy", "-r", source + "@" + noon(2)});
  zfs({"destroy", source + "/child@" + noon(3)});
  expect_backup(9, push_only + Words{"--force-destroy-lots"});
  EXPECT_EQ(snapshots_of("offsite/off"), all);
  std::erase(all[""], noon(2));
  std::erase(all["child"], noon(2));
  std::erase(all["child"], noon(3));
  EXPECT_EQ(snapshots_of("offsite/ours"), all);
}

TEST_F(MirrorTest, MoreThanAQuarterGoesOnlyWhenForcedAndThePushRunsAllTheSame) {
  make_four_days();
  for (const int day : {1, 3}) zfs({"destroy", source + "/child@" + noon(day)});
  zfs({"destroy", source + "@" + noon(1)});
  const Result guarded = backup(9, snapshot_and_push);
  EXPECT_THAT(guarded, Exits(refused, {target + "/child: 2 of its 4 snapshots are gone from the source",
                                       "--force-destroy-lots"}));
  // The root stays below the limit: one dataset's refusal is not its neighbour's.
  EXPECT_EQ(snapshots_of(target).at(""), snapshots_of(source).at(""));
  EXPECT_EQ(snapshots_of(target).at("child"), (Words{noon(1), noon(2), noon(3), noon(4), noon(9)}));

  expect_backup(10, push_only + Words{"--force-destroy-lots"});
}

TEST_F(MirrorTest, AHeldSnapshotAndOneWithACloneStayAtTheTargetAndAreNamed) {
  make_four_days();
  zfs({"hold", "keep", target + "/child@" + noon(1)});
  zfs({"clone", "-o", "mountpoint=none", target + "@" + noon(2), "offsite/a-clone"});
  for (const int day : {1, 2}) zfs({"destroy", "-r", source + "@" + noon(day)});
  EXPECT_THAT(backup(9, push_only),
              Exits(ok, {target + "/child@" + noon(1) + " (it is held", target + "@" + noon(2) + " (it has clones)"}));
  EXPECT_EQ(snapshots_of(target), (Tree{{"", {noon(2), noon(3), noon(4)}}, {"child", {noon(1), noon(3), noon(4)}}}));
  zfs({"release", "keep", target + "/child@" + noon(1)});
  zfs({"destroy", "offsite/a-clone"});
  expect_backup(9, push_only + Words{"--force-destroy-lots"});
}

// Nothing of a dataset that the source has no more: it may be the last copy.
TEST_F(MirrorTest, NothingGoesFromADatasetThatOnlyTheTargetHas) {
  make_four_days();
  zfs({"destroy", "-r", source + "/child"});
  zfs({"destroy", source + "@" + noon(1)});
  const Tree kept = tree_of(target + "/child");
  EXPECT_THAT(backup(9, push_only), Exits(ok, {target + "/child is no longer at the source"}));
  EXPECT_EQ(tree_of(target + "/child"), kept);
  EXPECT_FALSE(exists(target + "@" + noon(1)));
}

}  // namespace
}  // namespace czb::lab
