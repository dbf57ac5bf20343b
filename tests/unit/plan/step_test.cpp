// SPDX-License-Identifier: MIT
// A step as argv, verb and side (plan/step.h).
#include "plan/step.h"

#include <gtest/gtest.h>

#include <tuple>

#include "inventory_builder.h"

namespace czb {
namespace {

using test::joined;

const DestroySnapshots destroy = {Side::target, "far/tank", "a/b", {"t1", "t2"}, true, 4};
const SendTree send = {"tank", "far/tank", "t1", "t2", {{"readonly", "on"}}};
const SendDataset send_one = {"tank/a", "far/tank/a", SendFrom::snapshot, "t1", "t2", {{"readonly", std::nullopt}}};
const ResumeSend rest = {"tank/a", "far/tank/a", "1-abc", "t2"};
const RecordBase record_of_base = {"tank/home", "far", {"t2", {}}, "t2"};

TEST(Step, IsExactlyOneCommand) {
  EXPECT_EQ(joined(argv_of(TakeSnapshot{"tank", "t1", {}})), "zfs snapshot -r tank@t1");
  EXPECT_EQ(joined(argv_of(TakeSnapshot{"tank", "t1", {"tank", "tank/a"}})), "zfs snapshot tank@t1 tank/a@t1");
  EXPECT_EQ(joined(argv_of(destroy)), "zfs destroy -r far/tank/a/b@t1,t2");
  EXPECT_EQ(joined(argv_of(send)), "zfs send -P -R -w -L -c -e -I @t1 tank@t2");
  EXPECT_EQ(joined(argv_of(send_one)), "zfs send -P -p -w -L -c -e -I @t1 tank/a@t2");
  EXPECT_EQ(joined(argv_of(rest)), "zfs send -P -t 1-abc");
  EXPECT_EQ(joined(argv_of(AbortReceive{"far/a"})), "zfs receive -A far/a");
  EXPECT_EQ(joined(argv_of(RenameDataset{"far/a", "far/b"})), "zfs rename far/a far/b");
  EXPECT_EQ(joined(argv_of(RenameSnapshot{"far/a", "t1", "t2", false})), "zfs rename far/a@t1 far/a@t2");
  EXPECT_EQ(joined(argv_of(RenameSnapshot{"far", "t1", "t2", true})), "zfs rename -r far@t1 far@t2");
  EXPECT_EQ(joined(argv_of(PromoteDataset{"far/a"})), "zfs promote far/a");
  EXPECT_EQ(joined(argv_of(RollBack{"far/a", "t1"})), "zfs rollback far/a@t1");
  EXPECT_EQ(joined(argv_of(DestroyDataset{"far/a"})), "zfs destroy far/a");
  EXPECT_EQ(joined(argv_of(DestroyBookmark{"tank/a", "b"})), "zfs destroy tank/a#b");
  EXPECT_EQ(joined(argv_of(record_of_base)),
            "zfs program -- tank - tank/home cyber-zfs-backup:base.far tank/home@t2 t2 cyber-zfs-backup:far:");
}

TEST(Step, AStreamHasAReceivingCommandToo) {
  EXPECT_EQ(joined(receiving_argv(send).value()), "zfs receive -s -u -o readonly=on far/tank");
  EXPECT_EQ(joined(receiving_argv(send_one).value()), "zfs receive -s -u -x readonly far/tank/a");
  EXPECT_EQ(joined(receiving_argv(rest).value()), "zfs receive -s -u far/tank/a");
  EXPECT_EQ(receiving_argv(destroy), std::nullopt);
  EXPECT_EQ(receiving_argv(AbortReceive{"far/a"}), std::nullopt);
}

TEST(Step, SaysWhatItDoesAndWhere) {
  const std::vector<std::tuple<Step, std::string, Side>> all = {{TakeSnapshot{}, "snapshot", Side::source},
                                                                {destroy, "destroy", Side::target},
                                                                {DestroySnapshots{}, "destroy", Side::source},
                                                                {send, "send", Side::source},
                                                                {send_one, "send", Side::source},
                                                                {rest, "resume", Side::source},
                                                                {AbortReceive{}, "abort", Side::target},
                                                                {RenameDataset{}, "rename", Side::target},
                                                                {RenameSnapshot{}, "rename", Side::target},
                                                                {PromoteDataset{}, "promote", Side::target},
                                                                {RollBack{}, "rollback", Side::target},
                                                                {DestroyDataset{}, "destroy", Side::target},
                                                                {record_of_base, "record", Side::source},
                                                                {DestroyBookmark{}, "destroy", Side::source}};
  for (const auto& [step, verb, side] : all) {
    EXPECT_EQ(verb_of(step), verb);
    EXPECT_EQ(side_of(step), side) << verb;
  }
}

TEST(Step, TheRecordOfABaseIsThePlaceAndNameOfTheSnapshot) {
  EXPECT_EQ(record_of_base.property(), "cyber-zfs-backup:base.far");
  EXPECT_EQ(record_of_base.value(), "tank/home@t2");
  EXPECT_EQ(record_of_base.bookmark(), "cyber-zfs-backup:far:t2");
}

TEST(Step, TheRootsRelativeNameIsEmpty) {
  DestroySnapshots root = destroy;
  root.relative = "";
  EXPECT_EQ(root.dataset(), "far/tank");
}

}  // namespace
}  // namespace czb
