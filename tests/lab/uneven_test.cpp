// SPDX-License-Identifier: MIT
// A stream of the whole tree that broke off leaves some datasets ahead, one half received and the rest behind. One run
// makes both sides equal again, and sends nothing twice.
#include <filesystem>

#include "lab.h"

namespace czb::lab {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Each;
using ::testing::IsEmpty;
using ::testing::Lt;
using ::testing::Not;
using ::testing::Pair;
using ::testing::SizeIs;

constexpr std::uint64_t of_one_dataset = 262144;  // what fill_and_snapshot adds
constexpr std::uint64_t overhead = 125000;        // of the streams themselves

const Words as_the_job_has_it = {"-o", "canmount=noauto", "-o", "mountpoint=none", "-o", "readonly=on"};

class UnevenTest : public LabTest {
 protected:
  Words increment(int from, int to) const {
    return Words{"-R"} + form + Words{"-I", "@" + noon(from), source + "@" + noon(to)};
  }
  Words whole(int to) const { return Words{"-R"} + form + Words{source + "@" + noon(to)}; }
  void make_encrypted_tree(const Words& children) {
    make_tree(children, encrypted());
    form = {"-w", "-L", "-c", "-e"};
  }

  // A run of the push that leaves both sides equal, and did not send more than that.
  Push expect_push_within(std::uint64_t bytes) const {
    const Result result = backup(9, push_only + Words{"--json"});
    EXPECT_THAT(result, Exits(ok));
    expect_mirror(source, target);
    EXPECT_THAT(tokens_of(target), IsEmpty());
    Push push = push_of(result);
    EXPECT_TRUE(push.agrees);
    EXPECT_LT(push.sent_bytes, bytes);
    return push;
  }

  Words form = {"-L", "-c"};  // as the job sends
};

TEST_F(UnevenTest, AfterAStreamThatWasCutInTheMiddleOneRunMakesBothSidesEqualAndSendsNothingAgain) {
  const Words all = {"", "a", "b", "c"};
  make_tree({"a", "b", "c"});
  expect_backup(1);
  fill_and_snapshot(2, all);
  cut_stream(increment(1, 2), 2 * of_one_dataset + of_one_dataset / 2, {target});
  ASSERT_THAT(tokens_of(target), SizeIs(1));
  const std::string cut = tokens_of(target).front();
  take_snapshot(3);
  const Push push = expect_push_within(2 * of_one_dataset + overhead);
  EXPECT_THAT(push.outcomes, Contains(Pair(cut, "resumed")));
  EXPECT_THAT(push.outcomes, Contains(Pair(::testing::_, "healed")));
}

TEST_F(UnevenTest, WhereACutStreamHadManySnapshotsEveryOneOfThemArrives) {
  const Words all = {"a", "b"};
  make_tree(all);
  expect_backup(1);
  for (const int day : {2, 3, 4}) fill_and_snapshot(day, all);
  cut_stream(increment(1, 4), 4 * of_one_dataset + of_one_dataset / 2, {target});
  ASSERT_THAT(tokens_of(target), SizeIs(1));
  expect_push_within(2 * of_one_dataset + overhead);
}

TEST_F(UnevenTest, AnEncryptedTreeIsLevelledAndItsEncryptionRootsAreAsAtTheSource) {
  const Words all = {"a", "b", "c"};
  make_encrypted_tree(all);
  expect_backup(1);
  fill_and_snapshot(2, all);
  cut_stream(increment(1, 2), of_one_dataset + of_one_dataset / 2, {target});
  ASSERT_THAT(tokens_of(target), SizeIs(1));
  expect_push_within(2 * of_one_dataset + overhead);
  // It comes back by itself, as an encryption root of its own; the last increment once more puts that right.
  zfs({"destroy", "-r", target + "/a"});
  expect_push_within(4 * of_one_dataset + overhead);
  EXPECT_THAT(property_of_tree("encryptionroot", target), Each(Pair(::testing::_, target)));
}

TEST_F(UnevenTest, OneDatasetOfManyThatIsBehindCostsCommandsForItAlone) {
  make_tree({"1", "2", "3", "4", "5", "6"});
  take_snapshot(1);
  take_snapshot(2);
  expect_backup(2, push_only);
  zfs({"destroy", target + "/4@" + noon(2)});

  const Result result = backup(3);
  EXPECT_THAT(result, Exits(ok, {"1 healed of 7 datasets", source + "/4 healed: it was behind the rest of the tree"}));
  const Words commands = commands_of(result);
  EXPECT_THAT(commands, SizeIs(5)) << result.text();  // snapshot, record, send of 4, send of the tree, record
  EXPECT_EQ(count_of(commands, "zfs send"), 2U);
  EXPECT_EQ(count_of(commands, "zfs send -P -p -L -c -I @" + noon(1) + " " + source + "/4@"), 1U);
  expect_mirror(source, target);
}

TEST_F(UnevenTest, ADatasetDestroyedAtTheTargetComesBackInFullWithAllBelowIt) {
  make_tree({"goes", "goes/too", "stays"});
  take_snapshot(1);
  fill_and_snapshot(2, {"goes", "goes/too", "stays"});
  expect_backup(2, push_only);
  zfs({"destroy", "-r", target + "/goes"});
  const Push push = expect_push_within(2 * of_one_dataset + overhead);
  EXPECT_EQ(push.outcomes,
            (std::map<std::string, std::string>{
                {"", "up to date"}, {"goes", "healed"}, {"goes/too", "healed"}, {"stays", "up to date"}}));
  EXPECT_EQ(property("mountpoint", target + "/goes/too"), "none");
  EXPECT_EQ(property("readonly", target + "/goes/too"), "on");
}

// Where the cut is: in the root, in a child.
TEST_F(UnevenTest, AFirstFullThatWasCutIsFinished) {
  const Words all = {"", "a", "b"};
  make_tree({"a", "b"});
  take_snapshot(1);
  fill_and_snapshot(2, all);
  for (const int complete : {0, 1}) {
    SCOPED_TRACE(complete);
    cut_stream(whole(2), static_cast<std::size_t>(complete) * of_one_dataset + 220000,
               as_the_job_has_it + Words{target});
    ASSERT_THAT(tokens_of(target), SizeIs(1));
    EXPECT_EQ(tokens_of(target).front().empty(), complete == 0);
    const Push push = expect_push_within((3 - static_cast<unsigned>(complete)) * of_one_dataset + overhead);
    EXPECT_THAT(push.outcomes, Contains(Pair(::testing::_, "resumed")));
    EXPECT_EQ(property("mountpoint", target + "/a"), "none");
    zfs({"destroy", "-r", target});
  }
}

TEST_F(UnevenTest, AFirstFullThatWasCutInAVolumeIsFinishedToo) {
  zfs({"create", "-s", "-V", "3M", source});
  const auto device = [] {
    for (const auto& entry : std::filesystem::directory_iterator("/sys/block"))
      if (entry.path().filename().string().rfind("zd", 0) == 0 && read_file(entry.path() / "size") == "6144\n")
        return "/dev/" + entry.path().filename().string();
    return std::string();
  };
  ASSERT_TRUE(comes_true([&] { return !device().empty() && std::filesystem::exists(device()); }));
  write_file(folder + "/data", noise(1));
  succeed({"dd", "if=" + folder + "/data", "of=" + device(), "bs=1M", "conv=fsync,notrunc", "status=none"});
  take_snapshot(1);
  cut_stream(whole(1), 700000, {"-o", "readonly=on", target});
  ASSERT_THAT(tokens_of(target), SizeIs(1));
  expect_push_within(600000);
  expect_backup(10);
}

// An interrupted first full of an encrypted child makes it an encryption root of its own; with one snapshot only, no
// stream puts that right (OpenZFS), and with the next one the usual increment does.
TEST_F(UnevenTest, AFirstFullOfAnEncryptedTreeThatWasCutIsFinishedAndOneSnapshotLaterItsRootsAreAsAtTheSource) {
  const Words all = {"", "a", "b"};
  make_encrypted_tree({"a", "b"});
  fill_and_snapshot(1, all);
  cut_stream(whole(1), of_one_dataset + 220000, as_the_job_has_it + Words{target});
  ASSERT_THAT(tokens_of(target), SizeIs(1));
  const Push push = expect_push_within(2 * of_one_dataset + overhead);
  EXPECT_THAT(push.outcomes, Contains(Pair(::testing::_, "resumed")));
  expect_backup(10);
  EXPECT_THAT(property_of_tree("encryptionroot", target), Each(Pair(::testing::_, target)));
}

}  // namespace
}  // namespace czb::lab
