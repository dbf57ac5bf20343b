// SPDX-License-Identifier: MIT
// Snapshots that no listing shows to be in use: mounted, the device of a volume's snapshot open, held since. zfs
// destroy takes all of a command or none; here each of them keeps itself alive and nothing else, at both ends.
#include <fcntl.h>
#include <sys/mount.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <stdexcept>

#include "receiver_lab.h"
#include "volume.h"

namespace czb::lab {
namespace {

// Somebody who uses a snapshot until this ends.
class User {
 public:
  // A snapshot of a file system is mounted there, of a volume its device opened.
  User(const std::string& snapshot, const std::string& folder) {
    const std::string dataset = snapshot.substr(0, snapshot.find('@'));
    if (property("type", dataset) == "volume") {
      zfs({"set", "volmode=full", "snapdev=visible", dataset});
      device_ = ::open(device_of(snapshot).c_str(), O_RDONLY | O_CLOEXEC);
      if (device_ < 0) throw std::runtime_error("cannot open the device of " + snapshot);
      return;
    }
    folder_ = folder;
    std::filesystem::create_directories(folder);
    if (::mount(snapshot.c_str(), folder.c_str(), "zfs", MS_RDONLY, nullptr) != 0)
      throw std::runtime_error("cannot mount " + snapshot);
  }
  User(const User&) = delete;
  User& operator=(const User&) = delete;
  ~User() {
    if (device_ >= 0) ::close(device_);
    if (!folder_.empty()) ::umount(folder_.c_str());
  }

 private:
  std::string folder_;
  int device_ = -1;
};

class BusySnapshotTest : public ReceiverLabTest {
 protected:
  // Days 1 to 4 of file systems and a volume, on both sides.
  void make_four_days() {
    make_tree({"a", "b"});
    zfs({"create", "-s", "-V", "1M", source + "/disk"});
    for (int day = 1; day <= 4; ++day) take_snapshot(day);
    expect_backup(4, push_only);
  }
  // A run in which somebody holds a snapshot just before the first destroy.
  Words held_before_destroy(const std::string& snapshot) const {
    return before_each_zfs("[ \"$1\" != destroy ] || $zfs hold since \"" + snapshot + "\" 2> /dev/null");
  }
  Tree kept_with(const Words& newest) const {
    const auto with = [&](int day) { return day == 0 ? newest : Words{noon(day)} + newest; };
    return {{"", with(0)}, {"a", with(1)}, {"b", with(3)}, {"disk", with(2)}};
  }
  void destroy_three_days_at_the_source() const {
    for (const int day : {1, 2, 3}) zfs({"destroy", "-r", source + "@" + noon(day)});
  }
  // What is used at the target stays there, and goes with the first run after that.
  void expect_used_ones_alone_to_stay_at_the_target() {
    make_four_days();
    destroy_three_days_at_the_source();
    {
      const User mounted(target + "/a@" + noon(1), folder + "/mounted");
      const User opened(target + "/disk@" + noon(2), "");
      const Result result = backup(4, push_only + Words{"--force-destroy-lots"});
      EXPECT_THAT(result, Exits(ok, {target + "/a@" + noon(1) + " (it is in use", target + "/disk@" + noon(2)}));
      EXPECT_EQ(snapshots_of(target),
                (Tree{{"", {noon(4)}}, {"a", {noon(1), noon(4)}}, {"b", {noon(4)}}, {"disk", {noon(2), noon(4)}}}));
      // They are the only ones that are tried again.
      const Result again = backup(4, push_only + Words{"--force-destroy-lots"});
      EXPECT_THAT(again, Exits(ok, {target + "/a@" + noon(1) + " (it is in use", target + "/disk@" + noon(2)}));
      const Words commands = commands_of(again);
      EXPECT_EQ(std::count_if(commands.begin(), commands.end(),
                              [](const std::string& line) { return line.find("destroy ") != std::string::npos; }),
                2)
          << again.err;
    }
    expect_backup(4, push_only + Words{"--force-destroy-lots"});
  }
};

TEST_F(BusySnapshotTest, WhatIsUsedAtTheSourceStaysThereAndAllTheRestExpires) {
  make_four_days();
  retention = keep_nothing;
  {
    const User mounted(source + "/a@" + noon(1), folder + "/mounted");
    const User opened(source + "/disk@" + noon(2), "");
    const std::string held = source + "/b@" + noon(3);
    const Result result = backup(5, {"--force-destroy-lots"}, held_before_destroy(held));
    EXPECT_THAT(result, Exits(ok, {source + "/a@" + noon(1) + " (it is in use", source + "/disk@" + noon(2),
                                   held + " (it is in use", "the same as the source"}));
    EXPECT_EQ(snapshots_of(source), kept_with({noon(4), noon(5)}));
    // One that fails, and one for each dataset that has not all of the names to lose.
    EXPECT_LE(count_of(commands_of(result), "zfs destroy " + source) +
                  count_of(commands_of(result), "zfs destroy -r " + source),
              5U)
        << result.err;
    expect_mirror(source, target);
    zfs({"release", "since", held});
  }
  expect_backup(6, {"--force-destroy-lots"});
  EXPECT_EQ(snapshots_of(source).at("a"), (Words{noon(5), noon(6)}));
}

TEST_F(BusySnapshotTest, ACloneThatWasMadeAMomentAgoKeepsItsOriginAlone) {
  make_four_days();
  retention = keep_nothing;
  const Words cloning = before_each_zfs("[ \"$1\" != destroy ] || $zfs clone -o mountpoint=none \"" + source + "/b@" +
                                        noon(3) + "\" zippy/a-clone 2> /dev/null");
  EXPECT_THAT(backup(5, {"--force-destroy-lots"}, cloning), Exits(ok, {source + "/b@" + noon(3) + " (it has clones)"}));
  const Words newest = {noon(4), noon(5)};
  EXPECT_EQ(snapshots_of(source),
            (Tree{{"", newest}, {"a", newest}, {"b", Words{noon(3)} + newest}, {"disk", newest}}));
  zfs({"destroy", "zippy/a-clone"});
}

TEST_F(BusySnapshotTest, WhatIsUsedAtTheTargetStaysThereAndAllTheRestGoes) {
  expect_used_ones_alone_to_stay_at_the_target();
}

TEST_F(BusySnapshotTest, TheSameThroughAReceiverThatMirrors) {
  restrict_to({"--mode", "mirror", "--keep-newest", "1", "--destroy-limit", "75%"});
  expect_used_ones_alone_to_stay_at_the_target();
}

TEST_F(BusySnapshotTest, AHoldTakenAtTheTargetAMomentAgoKeepsItselfAlone) {
  make_four_days();
  destroy_three_days_at_the_source();
  const std::string held = target + "/b@" + noon(2);
  EXPECT_THAT(backup(4, push_only + Words{"--force-destroy-lots"}, held_before_destroy(held)),
              Exits(ok, {held + " (it is in use"}));
  EXPECT_EQ(snapshots_of(target),
            (Tree{{"", {noon(4)}}, {"a", {noon(4)}}, {"b", {noon(2), noon(4)}}, {"disk", {noon(4)}}}));
  zfs({"release", "since", held});
}

TEST_F(BusySnapshotTest, OfDatasetsThatAreGoneTheUsedOneStaysAsItIsAndTheOthersGo) {
  make_tree({"old", "old/deep", "old/other", "gone"});
  for (const int day : {1, 2}) take_snapshot(day);
  expect_backup(2, push_only);
  target_options.push_back("on-source-gone: destroy");
  zfs({"destroy", "-r", source + "/old"});
  zfs({"destroy", "-r", source + "/gone"});
  const Tree before = tree_of(target);
  {
    const User mounted(target + "/old/deep@" + noon(1), folder + "/mounted");
    EXPECT_THAT(backup(2, push_only + Words{"--force-destroy-lots"}),
                Exits(ok, {target + "/old/deep@" + noon(1) + " (it is in use"}));
    EXPECT_EQ(tree_of(target), without(without(before, "gone"), "old/other"));
  }
  EXPECT_THAT(backup(2, push_only + Words{"--force-destroy-lots"}), Exits(ok));
  EXPECT_EQ(tree_of(target), tree_of(source));
}

TEST_F(BusySnapshotTest, WhereARollbackWouldNeedItThatDatasetAloneIsKeptBack) {
  make_tree({"a", "b"});
  expect_backup(1);
  target_options.push_back("on-divergence: rollback");
  for (const char* name : {"/a@own", "/b@own"}) zfs({"snapshot", target + name});
  const User mounted(target + "/a@own", folder + "/mounted");
  const Result result = backup(2, {"--force-destroy-lots"});
  EXPECT_NE(result.status, ok);
  EXPECT_THAT(result.text(), ::testing::HasSubstr("cannot destroy snapshot " + target + "/a@own"));
  EXPECT_EQ(tree_of(target).at("b"), tree_of(source).at("b"));
  EXPECT_EQ(snapshots_of(target).at("a"), (Words{noon(1), "own"}));
}

}  // namespace
}  // namespace czb::lab
