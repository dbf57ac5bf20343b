// SPDX-License-Identifier: MIT
// What other programs of the field test, or have had reported as their defects, by their names. Some are tested
// elsewhere: bookmarks in place of a lost base in continuity_test, snapshots of the same name in resume_test and
// change_test, a second instance in interrupt_test.
#include <dlfcn.h>
#include <signal.h>

#include <stdexcept>

#include "lab.h"

namespace czb::lab {
namespace {

// As `zfs snapshot` does it, but in this process: a thousand of them would take minutes.
void take_many_snapshots(const std::string& dataset, int count) {
  struct NvList;
  void* const core = ::dlopen("libzfs_core.so.3", RTLD_NOW);
  void* const lists = ::dlopen("libnvpair.so.3", RTLD_NOW);
  if (core == nullptr || lists == nullptr) throw std::runtime_error(::dlerror());
  const auto alloc = reinterpret_cast<int (*)(NvList**, unsigned, int)>(::dlsym(lists, "nvlist_alloc"));
  const auto add = reinterpret_cast<int (*)(NvList*, const char*)>(::dlsym(lists, "nvlist_add_boolean"));
  const auto free = reinterpret_cast<void (*)(NvList*)>(::dlsym(lists, "nvlist_free"));
  const auto init = reinterpret_cast<int (*)()>(::dlsym(core, "libzfs_core_init"));
  const auto snapshot = reinterpret_cast<int (*)(NvList*, NvList*, NvList**)>(::dlsym(core, "lzc_snapshot"));
  if (init() != 0) throw std::runtime_error("libzfs_core_init");
  for (int day = -count; day < 0; ++day) {
    NvList* names = nullptr;
    NvList* errors = nullptr;
    alloc(&names, 1, 0);
    add(names, (dataset + "@" + noon(day)).c_str());
    const int failed = snapshot(names, nullptr, &errors);
    free(names);
    if (failed != 0) throw std::runtime_error("lzc_snapshot: " + std::to_string(failed));
  }
}

using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Ge;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Pair;
using ::testing::SizeIs;

class ScenarioTest : public LabTest {
 protected:
  static inline const std::string cut_each_receive = R"([ "$1" != receive ] || { head -c 500000 | $zfs "$@"; exit; })";
};

TEST_F(ScenarioTest, ZreplAFirstFullThatBreaksOffAgainAndAgainEndsThoughSnapshotsComeAndGoMeanwhile) {
  make_tree({"child"});
  write("child", "data", noise(2));
  retention = "{plugin: gfs, daily: 3, weekly: 0, monthly: 0, yearly: 0}";
  target_options.push_back("retries: 0");
  for (const int day : {-3, 0}) take_snapshot(day);
  const Words cutting = before_each_zfs(cut_each_receive);
  int day = 1;
  Result result;
  do {
    result = backup(day, {"--force-destroy-lots"}, cutting);
  } while (result.status != ok && ++day < 12);
  EXPECT_THAT(result, Exits(ok));
  EXPECT_GT(day, 2);
  expect_mirror(source, target);
}

TEST_F(ScenarioTest, ZreplAReceiverThatFailsWhileMuchIsStillToBeSentIsReportedWithoutAHang) {
  make_tree({}, {"-o", "compression=off"});
  write("", "data", noise(1, 24 << 20));
  target = "offsite/limited/" + source.substr(6);
  zfs({"create", "-o", "quota=2M", "offsite/limited"});
  take_snapshot(1);
  const Result refused = backup(1, push_only);
  EXPECT_THAT(refused, Exits(failed, {"quota exceeded"}));
  EXPECT_THAT(refused.err, Not(HasSubstr("Tried again")));
  EXPECT_TRUE(comes_true(nobody_works_on_zfs));
  zfs({"set", "quota=none", "offsite/limited"});
  expect_backup(2);
}

TEST_F(ScenarioTest, ZreplAHeldSnapshotAmongManyThatGoStaysAloneAndTheOthersGo) {
  make_tree({"child"});
  for (int day = 1; day <= 6; ++day) take_snapshot(day);
  zfs({"hold", "keep", source + "/child@" + noon(2)});
  retention = "{plugin: gfs, daily: 2, weekly: 0, monthly: 0, yearly: 0}";
  const Result result = backup(7, {"--force-destroy-lots"});
  EXPECT_THAT(result, Exits(ok, {source + "/child@" + noon(2) + " (it is held"}));
  EXPECT_EQ(snapshots_of(source),
            (Tree{{"", {noon(5), noon(6), noon(7)}}, {"child", {noon(2), noon(5), noon(6), noon(7)}}}));
  expect_mirror(source, target);
  zfs({"release", "keep", source + "/child@" + noon(2)});
}

TEST_F(ScenarioTest, ZreplPropertiesOfTheSourceArriveChangeAndGo) {
  make_tree({"child"});
  zfs({"set", "compression=gzip", "test:note=one", source + "/child"});
  expect_backup(1);
  EXPECT_EQ(property("compression", target + "/child"), "gzip");
  EXPECT_EQ(property(name_at_target("test:note"), target + "/child"), "one");
  zfs({"set", "compression=lz4", "test:note=two", source + "/child"});
  expect_backup(2);
  EXPECT_EQ(property("compression", target + "/child"), "lz4");
  EXPECT_EQ(property(name_at_target("test:note"), target + "/child"), "two");
  zfs({"inherit", "compression", source + "/child"});
  zfs({"inherit", "test:note", source + "/child"});
  expect_backup(3);
  EXPECT_EQ(property("compression", target + "/child"), property("compression", source + "/child"));
  EXPECT_EQ(property(name_at_target("test:note"), target + "/child"), "-");
}

TEST_F(ScenarioTest, SanoidPropertiesThatAShellWouldReadArriveAlsoWhereDatasetsGoOneByOneThroughSsh) {
  const std::string nasty = R"($(touch /tmp/pwned) `id` "quoted" it's \ ; & | > * ~ !!)";
  make_tree({"child"});
  zfs({"set", "test:nasty=" + nasty, source + "/child"});
  transport = ssh_transport(ssh_config());
  target_options.push_back("parallel: 2");
  target_options.push_back("properties: {mountpoint: none, 'test:of-the-job': '$(touch /tmp/pwned) ; *'}");
  expect_backup(1);
  EXPECT_EQ(property(name_at_target("test:nasty"), target + "/child"), nasty);
  EXPECT_EQ(property("test:of-the-job", target), through_receiver.used() ? "-" : "$(touch /tmp/pwned) ; *");
  EXPECT_EQ(read_file("/tmp/pwned"), "");
}

TEST_F(ScenarioTest, SanoidAClockSetBackByYearsLosesNoSnapshot) {
  make_tree({"child"});
  expect_backup(1);
  constexpr int in_2006 = -7300;
  for (const int day : {in_2006, in_2006 + 1}) {
    EXPECT_THAT(backup(day, snapshot_and_push), Exits(ok));
    expect_mirror(source, target);
  }
  EXPECT_EQ(snapshots_of(target).at("child"), (Words{noon(1), noon(in_2006), noon(in_2006 + 1)}));

  // Nothing is expired by a clock that is behind its snapshots.
  EXPECT_THAT(backup(in_2006 + 2), Exits(refused));
  expect_mirror(source, target);
  expect_backup(2);
}

TEST_F(ScenarioTest, SanoidASnapshotNamedZeroIsOneLikeAnyOther) {
  make_tree({"child"});
  zfs({"snapshot", "-r", source + "@0"});
  expect_backup(1, push_only);
  expect_backup(2);
  zfs({"snapshot", "-r", source + "@00"});
  expect_backup(2, push_only);
  EXPECT_EQ(snapshots_of(target).at("child"), (Words{"0", noon(2), "00"}));
}

TEST_F(ScenarioTest, BzfsThoughEveryReceiveIsInterruptedOneRunWithRetriesCompletes) {
  make_tree({"child", "other"});
  expect_backup(1);
  fill_and_snapshot(2, {"other"});
  write("child", "data", noise(1));
  target_options = {"retries: 20", "retry-pause: 0s"};
  const Result result = backup(3, {"--json"}, before_each_zfs(cut_each_receive));
  EXPECT_THAT(result, Exits(ok));
  EXPECT_GE(push_of(result).retries, 2U);
  expect_mirror(source, target);
}

TEST_F(ScenarioTest, BzfsADatasetThatVanishesInMidRunDoesNotStopItsSiblings) {
  make_tree({"a", "b", "c"});
  const std::string vanish = "[ \"$1\" != send ] || [ -e " + folder + "/gone ] || { touch " + folder +
                             "/gone; $zfs destroy -r " + source + "/b; }";
  for (const std::string way : {"parallel: 1", "parallel: 2"}) {
    SCOPED_TRACE(way);
    target_options = {"initial: full", way};
    EXPECT_THAT(backup(1, snapshot_and_push, before_each_zfs(vanish)), Exits(ok));
    expect_mirror(source, target);
    EXPECT_THAT(tree_of(target), SizeIs(3));
    if (way == "parallel: 2") break;
    zfs({"destroy", "-r", target});
    zfs({"destroy", "-r", source + "@" + noon(1)});
    zfs({"create", source + "/b"});
    succeed({"rm", folder + "/gone"});
  }
  zfs({"create", source + "/b"});
  expect_backup(2);
  succeed({"rm", folder + "/gone"});
  EXPECT_THAT(backup(3, {}, before_each_zfs(vanish)), Exits(ok, {target + "/b is no longer at the source"}));
  EXPECT_EQ(without(tree_of(target), "b"), tree_of(source));
}

TEST_F(ScenarioTest, BzfsAThousandNamesOnOneDatasetGoAtOnce) {
  const int count = static_cast<int>(from_environment("CZB_NAMES", 1000));
  make_tree({"child"});
  take_many_snapshots(source + "/child", count);
  retention = "{plugin: gfs, daily: 3, weekly: 0, monthly: 0, yearly: 0}";
  const Result result = backup(1, {"--force-destroy-lots"});
  EXPECT_THAT(result, Exits(ok, {"expired " + std::to_string(count - 3) + " snapshots"}));
  EXPECT_EQ(count_of(commands_of(result), "zfs destroy"), 1U);
  expect_mirror(source, target);
}

TEST_F(ScenarioTest, ZettareplAReceiveKilledInTheMiddleOfATreeIsTriedAgainAndFinishedByTheSameRun) {
  make_tree({"a", "child", "z"}, {"-o", "compression=off"});
  expect_backup(1);
  write("child", "data", noise(1, 24 << 20));
  for (const std::string each : {"a", "z"}) write(each, "data", noise(1, 1 << 18));
  target_options = {"retries: 2", "retry-pause: 1s", "bandwidth-limit: 4M"};  // it does not end before it is killed
  Process program(backup_command(2, {"--json"}));
  ASSERT_TRUE(comes_true([] { return !processes_called("zfs", "receive").empty(); }));
  program.signal(SIGSTOP);
  const auto victims = processes_called("zfs", "receive");
  ASSERT_THAT(victims, SizeIs(1));
  ASSERT_TRUE(comes_true([&] { return waits_in_its_stream(victims.front()); }));
  ::kill(victims.front(), SIGKILL);
  program.signal(SIGCONT);
  const Result result = program.wait();
  EXPECT_THAT(result, Exits(ok, {"ended by signal 9", "Tried again in 1"}));
  EXPECT_EQ(push_of(result).retries, 1U);
  expect_mirror(source, target);
}

class RetryTest : public LabTest {};

// Another receive holds the dataset: it is not ours to end, and it will not last.
TEST_F(RetryTest, ADatasetThatIsBusyIsTriedAgainUntilItIsNot) {
  make_tree({"child"});
  expect_backup(1);
  write("child", "data", noise(1));
  take_snapshot(2);
  write_file(folder + "/hold", "");
  Process other({"bash", "-c",
                 R"(zfs send -w -i "@$1" "$2" | { head -c 600000; while [ -e "$0/hold" ]; do sleep 0.2; done; } |
                    zfs receive -s -u "$3")",
                 folder, noon(1), source + "/child@" + noon(2), target + "/child"});
  ASSERT_TRUE(comes_true([&] { return property("receive_resume_token", target + "/child") != "-"; }));
  target_options = {"retries: 8", "retry-pause: 1s"};
  // The first is the root's, the second the child's.
  const std::string let_go_at_the_third = "case $1 in receive) echo >> " + folder + "/tried; [ $(wc -l < " + folder +
                                          "/tried) -lt 3 ] || rm -f " + folder + "/hold;; esac";
  const Result result = backup(3, {"--json"}, before_each_zfs(let_go_at_the_third));
  EXPECT_THAT(result, Exits(ok, {"partially-complete state", "Tried again in 1"}));
  EXPECT_GE(push_of(result).retries, 1U);
  expect_mirror(source, target);
}

TEST_F(RetryTest, WhatDoesNotPassIsGivenUpAfterTheRetriesAndSaid) {
  make_tree({"child"});
  expect_backup(1);
  fill_and_snapshot(2, {"child"});
  target_options = {"retries: 2", "retry-pause: 0s"};
  const std::string no_receive = R"([ "$1" != receive ] || { echo "cannot receive: dataset is busy" >&2; exit 1; })";
  const Result result = backup(3, {"--json"}, before_each_zfs(no_receive));
  EXPECT_THAT(result, Exits(failed, {"dataset is busy", "retry 2 of 2"}));
  EXPECT_EQ(push_of(result).retries, 2U);
  EXPECT_FALSE(push_of(result).agrees);
  expect_backup(4);
}

}  // namespace
}  // namespace czb::lab
