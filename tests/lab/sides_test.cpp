// SPDX-License-Identifier: MIT
// Either side may be this machine or another, and a source may have several targets, each with a state of its own.
#include "lab.h"

namespace czb::lab {
namespace {

using ::testing::Contains;
using ::testing::Pair;

class SidesTest : public LabTest {
 protected:
  static std::string by_ssh(const std::string& options = "") { return ssh_transport(ssh_config(), options); }
  // A first full, an increment, and a healed child, all of the contents looked at.
  void expect_whole_life() {
    make_tree({"child", "a name: with"});
    write("child", "file", "first");
    expect_backup(1);
    write("child", "file", "second");
    expect_backup(2);
    zfs({"destroy", "-r", target + "/child"});
    expect_backup(3);
    EXPECT_EQ(file_of(target + "/child@" + noon(1), "file"), "first");
    EXPECT_EQ(file_of(target + "/child@" + noon(3), "file"), "second");
  }
  std::string recorded(const std::string& of_target) const {
    return property("cyber-zfs-backup:base." + of_target, source);
  }
};

TEST_F(SidesTest, ARemoteSourceIsPulled) {
  job_options = {"transport: " + by_ssh()};
  expect_whole_life();
}

TEST_F(SidesTest, BothSidesMayBeRemote) {
  job_options = {"transport: " + by_ssh()};
  transport = by_ssh(", options: [Compression=yes]");
  expect_whole_life();
}

TEST_F(SidesTest, OfTwoTargetsOneThatCannotBeReachedDoesNotStopTheOtherAndEachHasItsOwnState) {
  make_tree({"child"});
  retention = keep_nothing;
  transport = by_ssh(", options: [Port=9]");
  more_targets = "      second: {dataset: offsite/second, transport: local, initial: full, destroy-limit: 100%}\n";
  for (const int day : {1, 2}) EXPECT_THAT(backup(day, {"--force-destroy-lots"}), Exits(unreachable, {"cannot reach"}));
  expect_mirror(source, "offsite/second");
  EXPECT_EQ(recorded("offsite"), "-");
  EXPECT_EQ(recorded("second"), source + "@" + noon(2));
  EXPECT_FALSE(exists(target));

  transport = "local";
  expect_backup(3, {"--force-destroy-lots"});
  expect_mirror(source, "offsite/second");
  EXPECT_EQ(recorded("offsite"), source + "@" + noon(3));

  // The second is away now: what it has stays at the source.
  more_targets = "      second: {dataset: offsite/second, transport: " + by_ssh(", options: [Port=9]") + "}\n";
  for (const int day : {4, 5}) EXPECT_THAT(backup(day, {"--force-destroy-lots"}), Exits(unreachable));
  EXPECT_EQ(snapshots_of(source).at("child"), (Words{noon(3), noon(4), noon(5)}));
  EXPECT_EQ(tree_of(source), tree_of(target));
  EXPECT_EQ(recorded("second"), source + "@" + noon(3));
}

TEST_F(SidesTest, OfTwoTargetsOneThatFailsDoesNotStopTheOther) {
  make_tree({"child"});
  more_targets = "      second: {dataset: offsite/second-one, transport: local, initial: full}\n";
  target = "offsite/no-such/parent";
  EXPECT_THAT(backup(1), Exits(failed, {"zfs create -p"}));
  expect_mirror(source, "offsite/second-one");
}

TEST_F(SidesTest, ManyDatasetsGoAtOnceOverOneConnectionAndEqualTheSource) {
  const Words children = {"1", "1/deep", "2", "3", "3/deep", "3/deep/er", "4"};
  make_tree(children);
  fill_and_snapshot(1, children);
  fill_and_snapshot(2, children);
  transport = by_ssh();
  target_options.push_back("parallel: 4");
  const Result result = backup(3, {"--json"});
  EXPECT_THAT(result, Exits(ok));
  EXPECT_EQ(count_of(commands_of(result), "zfs send -P -R"), 0U);
  EXPECT_GT(push_of(result).bytes.at("3/deep/er"), 500000U);
  expect_mirror(source, target);
  EXPECT_EQ(property("mountpoint", target + "/3/deep/er"), "none");
  expect_backup(4);
}

TEST_F(SidesTest, ABandwidthLimitAndABufferKeepTheDataIntact) {
  make_tree({"child"});
  const std::string data = noise(7);
  write("child", "data", data);
  target_options.push_back("bandwidth-limit: 512K");
  target_options.push_back("buffer: 300K");
  expect_backup(1);
  EXPECT_TRUE(file_of(target + "/child@" + noon(1), "data") == data);
}

}  // namespace
}  // namespace czb::lab
