// SPDX-License-Identifier: MIT
// The increment stays possible: the base is kept, and where someone destroyed it, a bookmark stands in.
#include "lab.h"

namespace czb::lab {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;
using ::testing::SizeIs;

class ContinuityTest : public LabTest {
 protected:
  std::string bookmark(int day) const { return "#cyber-zfs-backup:offsite:" + noon(day); }

  Words bookmarks_of(const std::string& dataset) const {
    return lines_of(zfs({"list", "-H", "-o", "name", "-d", "1", "-t", "bookmark", dataset}));
  }

  // Many bookmarks at once: a process for each takes long.
  void bookmark_many(int count) const {
    const std::string program = folder + "/bookmarks.lua";
    write_file(program, "for i = 1, " + std::to_string(count) + " do zfs.sync.bookmark('" + source + "@" + noon(1) +
                            "', '" + source + "#cyber-zfs-backup:offsite:old-' .. i) end");
    zfs({"program", "zippy", program});
  }
};

TEST_F(ContinuityTest, TheBaseSurvivesExpiryWhileTheTargetIsAwayLongerThanTheRetention) {
  make_tree({"child"});
  expect_backup(1);
  retention = keep_nothing;
  target_options = {"destroy-limit: 100%"};
  for (const int day : {2, 3, 4})
    EXPECT_THAT(backup(day, {"--action", "snapshot", "expire", "--force-destroy-lots"}), Exits(ok));
  EXPECT_EQ(snapshots_of(source), (Tree{{"", {noon(1), noon(4)}}, {"child", {noon(1), noon(4)}}}));

  const Result result = backup(5, {"--force-destroy-lots"});
  EXPECT_THAT(result, Exits(ok));
  EXPECT_THAT(commands_of(result), Contains(HasSubstr("-I @" + noon(1))));
  expect_mirror(source, target);
}

// One stream for the tree cannot begin at a bookmark: each dataset goes by itself, this once.
TEST_F(ContinuityTest, WhereTheBaseWasDestroyedByHandABookmarkContinuesItAsTheDryRunSaid) {
  make_tree({"child"});
  for (int day = 1; day <= 4; ++day) take_snapshot(day);
  fill_and_snapshot(5, {"", "child"});
  expect_backup(5, push_only);
  zfs({"destroy", "-r", source + "@" + noon(5)});
  fill_and_snapshot(6, {"", "child"});

  const std::string before = state_of({source, target});
  const Result dry = backup(6, push_only + Words{"--dry-run"});
  EXPECT_THAT(dry, Exits(ok));
  EXPECT_EQ(state_of({source, target}), before);
  const Result real = backup(6, push_only);
  EXPECT_THAT(real, Exits(ok, {"a bookmark of it is there"}));
  EXPECT_EQ(without_last_txg(commands_of(real)), without_last_txg(commands_of(dry)));
  EXPECT_THAT(commands_of(real), Contains(HasSubstr(source + "/child" + bookmark(5))));
  // An append-only receiver keeps what only it has.
  if (text_from_environment("CZB_RECEIVER") != "append-only") {
    EXPECT_THAT(commands_of(real), Contains(AllOf(HasSubstr("zfs destroy "), HasSubstr(target + "@" + noon(5)))));
  }
  expect_mirror(source, target);
  expect_backup(7);
}

TEST_F(ContinuityTest, OneDatasetWhoseBaseWasDestroyedGoesByItsBookmarkAndTheTreeAsUsual) {
  make_tree({"a", "b"});
  for (int day = 1; day <= 4; ++day) take_snapshot(day);
  fill_and_snapshot(5, {"a", "b"});
  expect_backup(5, push_only);
  zfs({"destroy", source + "/a@" + noon(5)});
  fill_and_snapshot(6, {"a", "b"});
  const Result result = backup(6, push_only);
  EXPECT_THAT(result, Exits(ok));
  EXPECT_THAT(commands_of(result), Contains(HasSubstr(source + "/a" + bookmark(5))));
  expect_mirror(source, target);
}

TEST_F(ContinuityTest, AProgramBookmarksTheBaseInAllDatasets) {
  make_tree({"a", "a/deep", "b"});
  zfs({"create", "-s", "-V", "1M", source + "/volume"});
  const Result result = backup(1);
  EXPECT_THAT(result, Exits(ok));
  EXPECT_EQ(count_of(commands_of(result), "zfs program"), 2U) << "what may arrive, and what has";
  EXPECT_EQ(count_of(commands_of(result), "zfs bookmark"), 0U);
  for (const std::string relative : {"", "/a", "/a/deep", "/b", "/volume"})
    EXPECT_THAT(bookmarks_of(source + relative), ElementsAre(source + relative + bookmark(1)));
}

// Somebody's temporary snapshot, a container tool's: it is newer than the tree's when the push looks.
TEST_F(ContinuityTest, ASnapshotThatADatasetHasAloneIsBookmarkedToo) {
  make_tree({"a", "b"});
  target_options.push_back("destroy-limit: 100%");
  expect_backup(1);
  zfs({"snapshot", source + "/a@own"});
  expect_backup(1, push_only);
  EXPECT_THAT(bookmarks_of(source + "/a"), Contains(source + "/a#cyber-zfs-backup:offsite:own"));
  zfs({"destroy", source + "/a@own"});
  const Result result = backup(2);
  EXPECT_THAT(result, Exits(ok, {"a bookmark of it is there"}));
  // No restricted receiver destroys what is none of ours.
  if (text_from_environment("CZB_RECEIVER").empty()) expect_mirror(source, target);
}

TEST_F(ContinuityTest, OldBookmarksGoOnlyWhereADatasetHasMoreThanFifty) {
  make_tree({"child"});
  expect_backup(1);
  zfs({"bookmark", source + "@" + noon(1), source + "#someone-elses"});
  bookmark_many(49);
  expect_backup(2);
  EXPECT_THAT(bookmarks_of(source), SizeIs(52));  // it found 50 of ours

  const Result result = backup(3);
  EXPECT_THAT(result, Exits(ok));
  EXPECT_EQ(count_of(commands_of(result), "zfs destroy"), 46U);
  EXPECT_THAT(bookmarks_of(source), AllOf(SizeIs(7), Contains(source + "#someone-elses"),
                                          Contains(source + bookmark(3)), Contains(source + bookmark(2))));
  EXPECT_THAT(bookmarks_of(source + "/child"), SizeIs(3));
}

TEST_F(ContinuityTest, WithNeitherBaseNorBookmarkADatasetIsKeptBackAndItsSiblingsGoOn) {
  make_tree({"lost", "well"});
  expect_backup(1);
  zfs({"destroy", source + "/lost@" + noon(1)});
  zfs({"destroy", source + "/lost" + bookmark(1)});
  const Tree kept = tree_of(target + "/lost");
  EXPECT_THAT(backup(2),
              Exits(needs_person, {"no snapshot in common", target + "/lost has 1 snapshots", "1 kept back"}));
  EXPECT_EQ(tree_of(target + "/lost"), kept);
  EXPECT_EQ(without(tree_of(target), "lost"), without(tree_of(source), "lost"));
}

}  // namespace
}  // namespace czb::lab
