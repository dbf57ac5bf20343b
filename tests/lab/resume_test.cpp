// SPDX-License-Identifier: MIT
// What an interrupted receive has left is finished where the source still can, and given up where it cannot.
#include "lab.h"

namespace czb::lab {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;

class ResumeTest : public LabTest {
 protected:
  // The children are at day 1 on both sides; then each gets a mebibyte and day 2, of which some has arrived.
  void cut_each(const Words& children) {
    make_tree(children);
    take_snapshot(1);
    expect_backup(1, push_only);
    for (unsigned i = 0; i < children.size(); ++i) write(children[i], "data", noise(i));
    take_snapshot(2);
    for (const std::string& child : children) {
      cut_stream({"-w", "-I", "@" + noon(1), source + "/" + child + "@" + noon(2)}, 700000, {target + "/" + child});
      ASSERT_NE(property("receive_resume_token", target + "/" + child), "-");
    }
  }
};

TEST_F(ResumeTest, ATokenIsFinishedAndWhatIsNewFollows) {
  cut_each({"child"});
  const Result result = backup(3, {"--json"});
  EXPECT_THAT(result, Exits(ok));
  expect_mirror(source, target);
  const Push push = push_of(result);
  EXPECT_THAT(push.outcomes, Contains(Pair("child", "resumed")));
  EXPECT_LT(push.sent_bytes, 600000U);
  EXPECT_EQ(count_of(commands_of(result), "zfs send -P -t "), 1U);
  EXPECT_EQ(count_of(commands_of(result), "zfs receive -A"), 0U);
}

TEST_F(ResumeTest, WhereTheSnapshotIsGoneOrAnotherHasItsNameItIsGivenUpAndAllIsPlannedAnew) {
  cut_each({"gone", "another"});
  for (const std::string child : {"/gone@", "/another@"}) zfs({"destroy", source + child + noon(2)});
  zfs({"snapshot", source + "/another@" + noon(2)});
  const Result result = backup(3);
  EXPECT_THAT(result, Exits(ok, {source + "/gone healed: the source cannot finish the interrupted receive",
                                 source + "/another healed: the source cannot finish the interrupted receive"}));
  EXPECT_EQ(count_of(commands_of(result), "zfs receive -A"), 2U);
  EXPECT_EQ(count_of(commands_of(result), "zfs send -P -t "), 0U);
  expect_mirror(source, target);
}

TEST_F(ResumeTest, AFirstFullThatCannotBeFinishedIsBegunAnew) {
  make_tree({"child"});
  write("", "data", noise(1));
  take_snapshot(1);
  cut_stream({"-R", "-w", source + "@" + noon(1)}, 700000, {target});
  ASSERT_THAT(tokens_of(target), SizeIs(1));
  zfs({"destroy", "-r", source + "@" + noon(1)});
  target_options = {};  // it was asked for when it began
  const Result result = backup(2);
  EXPECT_THAT(result, Exits(ok));
  EXPECT_EQ(count_of(commands_of(result), "zfs receive -A"), 1U);
  expect_mirror(source, target);
}

TEST_F(ResumeTest, ADryRunLeavesTokensAloneAndPrintsWhatTheRunDoes) {
  cut_each({"finished", "given-up"});
  zfs({"destroy", source + "/given-up@" + noon(2)});
  const std::string before = state_of({source, target});
  const Result dry = backup(3, snapshot_and_push + Words{"--dry-run"});
  EXPECT_THAT(dry, Exits(ok));
  EXPECT_EQ(state_of({source, target}), before);

  const Result real = backup(3, snapshot_and_push);
  EXPECT_THAT(real, Exits(ok));
  EXPECT_EQ(without_last_txg(commands_of(real)), without_last_txg(commands_of(dry)));
  expect_mirror(source, target);
}

TEST_F(ResumeTest, ADatasetRenamedAtTheSourceMeanwhileIsFinishedUnderItsNewName) {
  cut_each({"old"});
  zfs({"rename", source + "/old", source + "/new"});
  const Result result = backup(3, snapshot_and_push + Words{"--json"});
  EXPECT_THAT(result, Exits(ok));
  EXPECT_LT(push_of(result).sent_bytes, 600000U);
  expect_mirror(source, target);
}

// The snapshot that is being received has expired each time, or will; what the target has in part is finished all the
// same, or a newer one is sent.
TEST_F(ResumeTest, RepeatedCutsWithNewSnapshotsAndExpiryBetweenEndWithBothSidesEqual) {
  make_tree({"child"});
  expect_backup(1);
  write("child", "data", noise(1));
  retention = "{plugin: gfs, daily: 3, weekly: 0, monthly: 0, yearly: 0}";
  target_options = {"retries: 0", "destroy-limit: 100%"};
  const Words cutting = before_each_zfs(R"([ "$1" != send ] || { $zfs "$@" | head -c 400000; exit; })");
  int day = 2;
  Result result;
  do {
    result = backup(day, {"--force-destroy-lots"}, cutting);
  } while (result.status != ok && ++day < 9);
  EXPECT_THAT(result, Exits(ok));
  EXPECT_GT(day, 2);
  expect_mirror(source, target);
}

}  // namespace
}  // namespace czb::lab
