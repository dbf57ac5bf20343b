// SPDX-License-Identifier: MIT
// What this project takes OpenZFS to do, without the program. Where one of these fails with another version of
// OpenZFS, the design must be thought over.
#include "lab.h"

namespace czb::lab {
namespace {

using ::testing::HasSubstr;

class OpenZfsTest : public LabTest {};

TEST_F(OpenZfsTest, OneHeldSnapshotKeepsAllThatOneDestroyNames) {
  make_tree();
  zfs({"snapshot", source + "@a"});
  zfs({"snapshot", source + "@b"});
  zfs({"hold", "keep", source + "@a"});
  EXPECT_NE(run({"zfs", "destroy", source + "@a,b"}).status, 0);
  EXPECT_EQ(snapshots_of(source), (Tree{{"", {"a", "b"}}}));
}

TEST_F(OpenZfsTest, ARecursiveSnapshotIsTakenOfAllDatasetsOrOfNone) {
  make_tree({"child"});
  zfs({"snapshot", source + "/child@taken"});
  const Result result = run({"zfs", "snapshot", "-r", source + "@taken"});
  EXPECT_NE(result.status, 0);
  EXPECT_THAT(result.err, HasSubstr("dataset already exists"));
  EXPECT_EQ(snapshots_of(source), (Tree{{"", {}}, {"child", {"taken"}}}));
}

TEST_F(OpenZfsTest, SendSaysItsSizeBeforeTheData) {
  make_tree({}, {"-o", "compression=off"});
  write("", "zeros", std::string(4 << 20, '\0'));
  take_snapshot(1);
  const std::string said = folder + "/said";
  // Nobody reads the stream, so that it cannot end.
  Process sending({"bash", "-c", R"(zfs send -P "$0" 2> "$1" | sleep 600)", source + "@" + noon(1), said});
  EXPECT_TRUE(comes_true([&] { return read_file(said).find("size\t4") != std::string::npos; })) << read_file(said);
  EXPECT_FALSE(sending.ended());
}

TEST_F(OpenZfsTest, ListingAMissingDatasetExitsWithOneAndSaysSo) {
  for (const std::string& missing : {source, source + "/child", std::string("nopool/child"), std::string("nopool")}) {
    const Result result = run({"zfs", "list", "-H", "-r", "-t", "filesystem,volume,snapshot", "-o", "name", missing});
    EXPECT_EQ(result.status, 1);
    EXPECT_THAT(result.err, HasSubstr("dataset does not exist"));
    EXPECT_EQ(result.out, "");
  }
}

TEST_F(OpenZfsTest, AnIncrementOfATreeLeavesWhatOnlyTheTargetHas) {
  make_tree({"child", "goes"});
  for (int day = 1; day <= 2; ++day) take_snapshot(day);
  succeed({"bash", "-c", R"(zfs send -R -w "$0" | zfs receive -u -o mountpoint=none "$1")", source + "@" + noon(2),
           target});
  zfs({"destroy", "-r", source + "/goes"});
  zfs({"destroy", "-r", source + "@" + noon(1)});
  take_snapshot(3);
  succeed({"bash", "-c", R"(zfs send -R -w -I "@$0" "$1" | zfs receive -u -o mountpoint=none "$2")", noon(2),
           source + "@" + noon(3), target});
  EXPECT_EQ(
      snapshots_of(target),
      (Tree{{"", {noon(1), noon(2), noon(3)}}, {"child", {noon(1), noon(2), noon(3)}}, {"goes", {noon(1), noon(2)}}}));
}

// No replication stream can level it again (docs: uneven tree), so the program must never start one from there.
TEST_F(OpenZfsTest, ATreeStreamFailsWhereOneDatasetIsBehindAndDestroysNothing) {
  make_tree({"child"});
  take_snapshot(1);
  succeed({"bash", "-c", R"(zfs send -R -w "$0" | zfs receive -u -o mountpoint=none "$1")", source + "@" + noon(1),
           target});
  take_snapshot(2);
  succeed(
      {"bash", "-c", R"(zfs send -w -I "@$0" "$1" | zfs receive -u "$2")", noon(1), source + "@" + noon(2), target});
  take_snapshot(3);
  const Tree before = snapshots_of(target);
  EXPECT_NE(run({"bash", "-o", "pipefail", "-c", R"(zfs send -R -w -I "@$0" "$1" | zfs receive -u "$2")", noon(2),
                 source + "@" + noon(3), target})
                .status,
            0);
  EXPECT_EQ(snapshots_of(target).at("child"), before.at("child"));
}

}  // namespace
}  // namespace czb::lab
