// SPDX-License-Identifier: MIT
// A step as argv, verb and side (plan/step.h).
#include "plan/step.h"

#include <gtest/gtest.h>

#include "inventory_builder.h"

namespace czb {
namespace {

using test::joined;

const DestroySnapshots destroy = {Side::target, "far/tank", "a/b", {"t1", "t2"}, true, 4};
const SendTree send = {"tank", "far/tank", "t1", "t2", {{"readonly", "on"}}};

TEST(Step, IsExactlyOneCommand) {
  EXPECT_EQ(joined(argv_of(TakeSnapshot{"tank", "t1"})), "zfs snapshot -r tank@t1");
  EXPECT_EQ(joined(argv_of(destroy)), "zfs destroy -r far/tank/a/b@t1,t2");
  EXPECT_EQ(joined(argv_of(send)), "zfs send -P -R -w -L -c -e -I @t1 tank@t2");
  EXPECT_EQ(joined(argv_of(RecordBase{"tank", "a:b", "t2"})), "zfs set a:b=tank@t2 tank");
}

TEST(Step, AStreamHasAReceivingCommandToo) {
  EXPECT_EQ(joined(receiving_argv(send)), "zfs receive -u -o readonly=on far/tank");
}

TEST(Step, SaysWhatItDoesAndWhere) {
  EXPECT_STREQ(verb_of(TakeSnapshot{}), "snapshot");
  EXPECT_STREQ(verb_of(destroy), "destroy");
  EXPECT_STREQ(verb_of(send), "send");
  EXPECT_STREQ(verb_of(RecordBase{}), "record");
  EXPECT_EQ(side_of(destroy), Side::target);
  EXPECT_EQ(side_of(DestroySnapshots{}), Side::source);
  EXPECT_EQ(side_of(TakeSnapshot{}), Side::source);
  EXPECT_EQ(side_of(send), Side::source);
  EXPECT_EQ(side_of(RecordBase{}), Side::source);
}

TEST(Step, TheRootsRelativeNameIsEmpty) {
  DestroySnapshots root = destroy;
  root.relative = "";
  EXPECT_EQ(root.dataset(), "far/tank");
}

}  // namespace
}  // namespace czb
