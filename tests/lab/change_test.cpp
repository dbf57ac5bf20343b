// SPDX-License-Identifier: MIT
// Whatever changed on either side since the last push: the next one follows it, or says of which dataset it cannot and
// why, while all others go on.
#include <algorithm>

#include "lab.h"

namespace czb::lab {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;

class SourceChangeTest : public LabTest {
 protected:
  Result expect_one_stream(int day) const {
    const Result result = backup(day);
    EXPECT_THAT(result, Exits(ok));
    EXPECT_EQ(count_of(commands_of(result), "zfs send"), 1U) << result.text();
    expect_mirror(source, target);
    return result;
  }
};

TEST_F(SourceChangeTest, WhatIsGoneFromTheSourceIsDestroyedByNameWhereTheJobSaysSoAndNeverMoreThanTheLimit) {
  make_tree({"1", "2", "3", "4", "5", "goes", "goes/too"});
  target_options.push_back("on-source-gone: destroy");
  expect_backup(1);
  zfs({"destroy", "-r", source + "/goes"});
  const Result result = backup(2);
  EXPECT_THAT(result, Exits(ok));
  const Words commands = commands_of(result);
  EXPECT_EQ(count_of(commands, "zfs destroy"), 4U) << result.text();
  EXPECT_EQ(count_of(commands, "zfs destroy -"), 0U);
  EXPECT_THAT(commands, Contains("zfs destroy " + target + "/goes/too"));
  expect_mirror(source, target);

  for (const std::string name : {"/1", "/2"}) zfs({"destroy", "-r", source + name});
  const Tree all = tree_of(target);
  EXPECT_THAT(backup(2, push_only), Exits(refused, {"2 of the 6 datasets", "--force-destroy-lots"}));
  EXPECT_EQ(tree_of(target), all);
  expect_backup(2, push_only + Words{"--force-destroy-lots"});
}

TEST_F(SourceChangeTest, ARenamedDatasetIsRenamedAtTheTargetWithAllBelowItAndAlsoBelowAnother) {
  make_tree({"a", "a/deep", "b", "c"});
  expect_backup(1);
  zfs({"rename", source + "/a", source + "/new"});
  zfs({"rename", source + "/c", source + "/b/c"});
  const Result result = expect_one_stream(2);
  EXPECT_THAT(commands_of(result), Contains("zfs rename " + target + "/a " + target + "/new"));
}

// One level too high, or the pool itself: nothing of the right backup may move before that is refused.
TEST_F(SourceChangeTest, AWrongTargetAboveTheRightOneMovesNothing) {
  make_tree({"a", "a/deep", "b"});
  const std::string right = target;
  zfs({"create", "-p", target + "/below"});
  target += "/below/tree";
  expect_backup(1, {"--force-non-incremental"});
  const Tree before = tree_of(right);
  const std::string whole = target;
  for (const std::string& wrong : {right, right + "/below"}) {
    target = wrong;
    const Result result = backup(2, push_only + Words{"--force-non-incremental"});
    EXPECT_THAT(result, Exits(needs_person, {"dataset at the target without a snapshot"}));
    EXPECT_EQ(count_of(commands_of(result), "zfs rename"), 0U);
    EXPECT_EQ(tree_of(right), before);
  }
  target = whole;
  expect_backup(3);
}

// Put there by another job, by another host, or made there by hand.
TEST_F(SourceChangeTest, WhatDidNotComeFromTheSourceIsNotDestroyedWithWhatIsGoneFromIt) {
  make_tree({"1", "2", "3", "4", "5", "6", "7", "8", "goes"});
  target_options.push_back("on-source-gone: destroy");
  target_options.push_back("destroy-limit: 100%");
  expect_backup(1);
  const std::string other = source + "-other";
  zfs({"create", other});
  zfs({"snapshot", other + "@" + noon(1)});
  zfs({"set", "cyber-zfs-backup:base.elsewhere=" + other + "@" + noon(1), other});
  succeed({"bash", "-c", "zfs send -p \"$0\" | zfs receive -u \"$1\"", other + "@" + noon(1), target + "/other"});
  zfs({"create", target + "/by-hand"});
  zfs({"create", target + "/another-tools"});
  zfs({"snapshot", target + "/another-tools@syncoid"});
  zfs({"destroy", "-r", source + "/goes"});
  const Result result = backup(2);
  EXPECT_THAT(result, Exits(ok, {target + "/other", "a backup of something else lies in it"}));
  EXPECT_FALSE(exists(target + "/goes"));
  for (const std::string name : {"/other", "/by-hand", "/another-tools"}) EXPECT_TRUE(exists(target + name)) << name;
  zfs({"destroy", "-r", other});
}

// The new parent has to be there first.
TEST_F(SourceChangeTest, ADatasetMovedBelowANewOneIsNotSentAgain) {
  make_tree({"photos", "photos/old", "stays"});
  write("photos", "data", noise(1));
  expect_backup(1);
  zfs({"create", source + "/archive"});
  zfs({"rename", source + "/photos", source + "/archive/photos"});
  const Result result = backup(2, {"--json"});
  EXPECT_THAT(result, Exits(ok));
  EXPECT_LT(push_of(result).sent_bytes, 500000U);
  expect_mirror(source, target);
}

TEST_F(SourceChangeTest, ADatasetRenamedAndAnotherMadeUnderItsOldNameAreBothFollowed) {
  make_tree({"d", "stays"});
  write("d", "data", noise(1));
  expect_backup(1);
  zfs({"rename", source + "/d", source + "/old-d"});
  zfs({"create", source + "/d"});
  const Result result = backup(2, {"--json"});
  EXPECT_THAT(result, Exits(ok));
  EXPECT_LT(push_of(result).sent_bytes, 500000U);
  expect_mirror(source, target);
}

// Its old snapshots may be the only copy of what it was.
TEST_F(SourceChangeTest, ADatasetMadeAnewUnderItsOldNameIsKeptBackAndItsSiblingsGoOn) {
  make_tree({"again", "stays"});
  expect_backup(1);
  zfs({"destroy", "-r", source + "/again"});
  zfs({"create", source + "/again"});
  const Tree kept = tree_of(target + "/again");
  EXPECT_THAT(backup(2), Exits(needs_person, {target + "/again has 1 snapshots and none of them is one of the 1 of " +
                                              source + "/again"}));
  EXPECT_EQ(tree_of(target + "/again"), kept);
  EXPECT_EQ(without(tree_of(target), "again"), without(tree_of(source), "again"));

  zfs({"rename", target + "/again", "offsite/kept-" + source.substr(6)});
  expect_backup(3);
}

TEST_F(SourceChangeTest, ACloneKeepsItsOriginAlsoWhenItIsPromoted) {
  make_tree({"a", "b"});
  expect_backup(1);
  zfs({"clone", source + "/a@" + noon(1), source + "/clone"});
  expect_backup(2);
  EXPECT_EQ(property("origin", target + "/clone"), target + "/a@" + noon(1));

  zfs({"promote", source + "/clone"});
  expect_backup(3);
  EXPECT_EQ(property("origin", target + "/a"), target + "/clone@" + noon(1));
  EXPECT_EQ(property("origin", target + "/clone"), "-");
  expect_backup(4);
}

TEST_F(SourceChangeTest, ACloneKeepsItsOriginAlsoInAFirstFullOfOneDatasetAfterTheOther) {
  make_tree({"z"});
  fill_and_snapshot(1, {"z"});
  zfs({"clone", source + "/z@" + noon(1), source + "/a"});  // before its origin by name
  take_snapshot(2);
  target_options.push_back("parallel: 2");
  const Result result = backup(3);
  EXPECT_THAT(result, Exits(ok));
  EXPECT_EQ(count_of(commands_of(result), "zfs send -P -R"), 0U);
  expect_mirror(source, target);
  EXPECT_EQ(property("origin", target + "/a"), target + "/z@" + noon(1));
}

// libzfs looks for an origin in ever larger parts of the pool, and skips what is called like a part that it has seen.
TEST_F(SourceChangeTest, ACloneWhoseOriginLiesInAFolderOfTheSameNameGoesInFull) {
  make_tree({"deleted", "deleted/containers", "deleted/containers/u1", "containers", "containers/u3"});
  fill_and_snapshot(1, {"deleted/containers/u1"});
  const auto clone = [&](const std::string& name) {
    zfs({"clone", source + "/deleted/containers/u1@" + noon(1), source + name});
  };
  clone("/containers/a2");
  expect_backup(2);  // with the first full
  EXPECT_EQ(property("origin", target + "/containers/a2"), "-");
  expect_one_stream(3);
  clone("/containers/a4");
  clone("/deleted/containers/a5");
  expect_backup(4);  // and later
  EXPECT_EQ(property("origin", target + "/containers/a4"), "-");
  EXPECT_EQ(property("origin", target + "/deleted/containers/a5"), target + "/deleted/containers/u1@" + noon(1));
  EXPECT_EQ(file_of(target + "/containers/a4@" + noon(4), "data"),
            file_of(source + "/containers/a4@" + noon(4), "data"));
  expect_one_stream(5);
}

TEST_F(SourceChangeTest, AVolumeMayGrow) {
  make_tree();
  zfs({"create", "-s", "-V", "1M", source + "/volume"});
  expect_backup(1);
  zfs({"set", "volsize=2M", source + "/volume"});
  expect_one_stream(2);
  EXPECT_EQ(property("volsize", target + "/volume"), "2097152");
}

TEST_F(SourceChangeTest, ADatasetWithoutSnapshotsWaitsForTheNextOne) {
  make_tree({"child"});
  expect_backup(1);
  zfs({"create", source + "/new"});
  zfs({"create", source + "/new/deep"});
  EXPECT_THAT(backup(1, push_only), Exits(ok, {source + "/new has no snapshot @" + noon(1)}));
  EXPECT_FALSE(exists(target + "/new"));
  expect_one_stream(2);
}

class TargetChangeTest : public LabTest {
 protected:
  // That day's run keeps `child` back, which stays as it was, and brings all others to the source's state.
  void expect_child_kept_back(int day, const Words& texts, int status = needs_person) const {
    const Tree kept = tree_of(target + "/child");
    EXPECT_THAT(backup(day), Exits(status, texts));
    EXPECT_EQ(tree_of(target + "/child"), kept);
    EXPECT_EQ(without(tree_of(target), "child"), without(tree_of(source), "child"));
  }
};

TEST_F(TargetChangeTest, SnapshotsTheTargetTookByItselfStopThatDatasetOrAreGivenUpWhereTheJobSaysSo) {
  make_tree({"child", "other"});
  for (const int day : {1, 2, 3, 4}) take_snapshot(day);
  expect_backup(4, push_only);
  zfs({"snapshot", target + "/child@its-own"});
  expect_child_kept_back(5, {target + "/child@its-own is newer than the newest common snapshot @" + noon(4)});

  target_options.push_back("on-divergence: rollback");
  const Result result = backup(6);
  EXPECT_THAT(result, Exits(ok, {source + "/child healed: changed at the target since @" + noon(4)}));
  EXPECT_EQ(count_of(commands_of(result), "zfs destroy " + target + "/child@its-own"), 1U) << result.text();
  EXPECT_EQ(count_of(commands_of(result), "zfs rollback -r"), 0U);
  expect_mirror(source, target);
}

// Somebody's @latest is another snapshot every day: the old one has to go at the target before the new one can come.
TEST_F(SourceChangeTest, ASnapshotThatIsMadeAnewUnderItsNameEveryDayIsReplacedAtTheTargetToo) {
  make_tree({"child"});
  target_options.push_back("destroy-limit: 60%");
  for (int day = 1; day < 5; ++day) {
    write("child", "data", noise(static_cast<unsigned>(day)));
    if (day > 1) zfs({"destroy", "-r", source + "@latest"});
    zfs({"snapshot", "-r", source + "@latest"});
    take_snapshot(day);
    const Result result = backup(day, push_only + Words{"--json"});
    EXPECT_THAT(result, Exits(ok));
    EXPECT_EQ(push_of(result).retries, 0U);
    EXPECT_EQ(count_of(commands_of(result), "zfs send"), 1U) << day;
    expect_mirror(source, target);
  }
}

// As one stream, and dataset by dataset: a limit of space that is left out goes no other way.
TEST_F(SourceChangeTest, SnapshotsWhoseNamesGoRoundHaveThemAtTheTargetToo) {
  make_tree({"child"});
  for (const std::string way : {"destroy-limit: 60%", "properties: {quota: ~}"}) {
    SCOPED_TRACE(way);
    target_options.push_back(way);
    for (int day = 1; day < 5; ++day) {
      write("child", "data", noise(static_cast<unsigned>(day)));
      if (exists(source + "@older")) zfs({"destroy", "-r", source + "@older"});
      if (exists(source + "@old")) zfs({"rename", "-r", source + "@old", source + "@older"});
      if (exists(source + "@new")) zfs({"rename", "-r", source + "@new", source + "@old"});
      zfs({"snapshot", "-r", source + "@new"});
      const Result result = backup(day, push_only + Words{"--json"});
      EXPECT_THAT(result, Exits(ok));
      EXPECT_EQ(push_of(result).retries, 0U);
      EXPECT_LE(count_of(commands_of(result), "zfs rename"), 2U) << day;
      expect_mirror(source, target);
    }
  }
  // Changed places.
  zfs({"rename", source + "/child@old", source + "/child@x"});
  zfs({"rename", source + "/child@older", source + "/child@old"});
  zfs({"rename", source + "/child@x", source + "/child@older"});
  EXPECT_THAT(backup(5, push_only), Exits(ok));
  expect_mirror(source, target);
}

TEST_F(TargetChangeTest, ASnapshotOfTheSameNameIsNotTheSame) {
  make_tree({"child", "other"});
  for (const int day : {1, 2, 3, 4}) take_snapshot(day);
  expect_backup(4, push_only);
  zfs({"snapshot", target + "/child@" + noon(5)});
  expect_child_kept_back(5, {target + "/child@" + noon(5) + " is newer than the newest common snapshot @" + noon(4)});
  target_options.push_back("on-divergence: rollback");
  expect_backup(6);
}

TEST_F(TargetChangeTest, SnapshotsOfItsOwnBetweenTheSourcesAreMirroredAway) {
  make_tree({"child"});
  for (const int day : {1, 2, 3, 4}) take_snapshot(day);
  expect_backup(4, push_only);
  zfs({"snapshot", target + "/child@between"});
  take_snapshot(5);
  succeed(
      {"bash", "-c", R"(zfs send -w -R -I "@$0" "$1" | zfs receive -u "$2")", noon(4), source + "@" + noon(5), target});
  expect_backup(6);
}

TEST_F(TargetChangeTest, LocalWritesStopThatDatasetOrAreGivenUpWhereTheJobSaysSo) {
  make_tree({"child", "other"});
  expect_backup(1);
  write_at_target("child", "written", "by someone");
  expect_child_kept_back(2, {target + "/child was written to since @" + noon(1)});

  target_options.push_back("on-divergence: rollback");
  const Result result = backup(3);
  EXPECT_THAT(result, Exits(ok, {"changed at the target since @" + noon(1)}));
  EXPECT_EQ(count_of(commands_of(result), "zfs rollback " + target + "/child@" + noon(1)), 1U) << result.text();
  expect_mirror(source, target);
}

TEST_F(TargetChangeTest, ABackupThatIsMountedAndInUseIsUpdatedAllTheSame) {
  make_tree({"child"});
  write("child", "file", "first");
  expect_backup(1);
  const std::string where = folder + "/mounted";
  zfs({"set", "mountpoint=" + where, target + "/child"});
  if (property("mounted", target + "/child") != "yes") zfs({"mount", target + "/child"});
  Process user({"bash", "-c", "cd \"$0\" && exec sleep 1000 < file", where});
  ASSERT_TRUE(comes_true([&] {
    const auto sleeping = processes_called("sleep", "1000");
    return std::find(sleeping.begin(), sleeping.end(), user.pid()) != sleeping.end();
  }));
  write("child", "file", "second");
  expect_backup(2);
  EXPECT_EQ(file_of(target + "/child@" + noon(2), "file"), "second");
}

TEST_F(TargetChangeTest, AQuotaThatIsReachedStopsThatDatasetAloneAndOnceItIsRaisedAllAgree) {
  make_tree({"a", "child", "z"});
  expect_backup(1);
  zfs({"set", "quota=600K", target + "/child"});
  write("child", "data", noise(1));
  EXPECT_THAT(backup(2), Exits(failed, {"quota exceeded", "1 failed of 4 datasets"}));
  EXPECT_EQ(without(tree_of(target), "child"), without(tree_of(source), "child"));
  zfs({"set", "quota=none", target + "/child"});
  expect_backup(3);
}

TEST_F(TargetChangeTest, ATargetThatHasDataAndNoSnapshotIsKeptBack) {
  make_tree({"a", "child"});
  take_snapshot(1);
  expect_backup(1, push_only);
  zfs({"destroy", target + "/child@" + noon(1)});
  expect_child_kept_back(2, {target + "/child has no snapshot at the target", "1 kept back of 3 datasets"});
}

class TargetPoolTest : public LabTest {
 protected:
  void SetUp() override {
    succeed({"truncate", "-s", "64M", disk});
    succeed({"zpool", "create", "-o", "cachefile=none", "-m", "none", "small", disk});
    target = "small/backup";
    make_tree({"child", "other"});
    expect_backup(1);
  }
  void TearDown() override {
    succeed({"zpool", "destroy", "-f", "small"});
    succeed({"rm", disk});
  }
  static void import(const Words& options = {}) {
    succeed(Words{"zpool", "import", "-d", "/tmp", "-N", "-o", "cachefile=none"} + options + Words{"small"});
  }

  static inline const std::string disk = "/tmp/small.img";
};

TEST_F(TargetPoolTest, WhenItIsFullTheRunSaysSoAndOnceThereIsRoomAllAgrees) {
  zfs({"create", "small/ballast"});
  zfs({"set", "reservation=" + std::to_string(std::stoull(property("available", "small")) - (std::size_t{2} << 20)),
       "small/ballast"});
  for (const unsigned i : {1, 2, 3, 4}) write("child", "data" + std::to_string(i), noise(i));
  EXPECT_THAT(backup(2), Exits(failed, {"space", "make room there"}));
  EXPECT_TRUE(exists(target + "/child@" + noon(1)));
  zfs({"set", "reservation=none", "small/ballast"});
  expect_backup(3);
}

TEST_F(TargetPoolTest, WhenItIsReadOnlyTheRunSaysSoAndTheNextOneAgrees) {
  succeed({"zpool", "export", "small"});
  import({"-o", "readonly=on"});
  const Result result = backup(2);
  EXPECT_THAT(result, Exits(failed, {"pool is read-only"}));
  succeed({"zpool", "export", "small"});
  import();
  expect_backup(3);
}

TEST_F(TargetPoolTest, WhenItIsNotThereNothingIsSentAndTheBaseIsKept) {
  succeed({"zpool", "export", "small"});
  retention = keep_nothing;
  target_options = {"destroy-limit: 100%"};
  for (const int day : {2, 3})
    EXPECT_THAT(backup(day, {"--force-destroy-lots"}), Exits(unreachable, {"Is the disk plugged in?"}));
  import();
  const Result result = backup(4, {"--force-destroy-lots"});
  EXPECT_THAT(result, Exits(ok));
  EXPECT_THAT(commands_of(result), Contains(HasSubstr("-I @" + noon(1))));
  expect_mirror(source, target);
}

// A run was killed once all had arrived; then the disk is unplugged, and the policy keeps nothing.
TEST_F(TargetPoolTest, WhenItIsNotThereWhatMayHaveArrivedIsKeptToo) {
  expect_backup(2);
  zfs({"set", "cyber-zfs-backup:base.offsite=" + source + "@" + noon(1) + ",1-999999999", source});
  succeed({"zpool", "export", "small"});
  retention = keep_nothing;
  target_options = {"destroy-limit: 100%"};
  for (const int day : {3, 4}) EXPECT_THAT(backup(day, {"--force-destroy-lots"}), Exits(unreachable));
  import();
  const Result result = backup(5, {"--force-destroy-lots"});
  EXPECT_THAT(result, Exits(ok));
  EXPECT_THAT(commands_of(result), Contains(HasSubstr("-I @" + noon(2))));
  expect_mirror(source, target);
}

}  // namespace
}  // namespace czb::lab
