// SPDX-License-Identifier: MIT
// What the tests know of a pool is what zfs tells of it in one command, which would take several times as long.
#include <sstream>

#include "invariant.h"
#include "lab.h"

namespace czb::lab {
namespace {

using AllPropertiesTest = LabTest;

void receive_at(const std::string& dataset, const Words& send) {
  succeed(Words{"bash", "-c", "zfs send \"${@:2}\" | zfs receive -u \"$1\"", "receive", dataset} + send);
}

TEST_F(AllPropertiesTest, AreThoseOfOneCommand) {
  make_tree({"a"});
  zfs({"set", "com.example:note=sent", "atime=off", source + "/a"});
  take_snapshot(1);
  zfs({"set", "com.example:of=snapshot", source + "/a@" + noon(1)});
  take_snapshot(2);
  zfs({"bookmark", source + "/a@" + noon(1), source + "/a#mark"});
  // With properties, and one of them hidden by another value; without any; and some that were never sent.
  receive_at(target, {"-R", source + "@" + noon(2)});
  zfs({"set", "com.example:note=hidden", "atime=on", target + "/a"});
  receive_at(target + "/plain", {source + "/a@" + noon(1)});
  zfs({"create", "-V", "8M", target + "/own"});

  PoolState expected;
  for (const std::string& line :
       lines_of(zfs({"get", "-H", "-p", "-r", "-t", "filesystem,volume,snapshot,bookmark", "-o",
                     "name,property,value,received,source", "all", "offsite", "zippy"}))) {
    std::istringstream stream(line);
    std::string fields[5];
    for (std::string& field : fields) std::getline(stream, field, '\t');
    expected[fields[0]][fields[1]] = {fields[2], fields[3], fields[4]};
  }
  ASSERT_EQ(expected.at(target + "/a").at("com.example:note").received, "sent");
  ASSERT_EQ(expected.at(target + "/a").at("com.example:note").value, "hidden");
  PoolState found = look_at("offsite");
  found.merge(look_at("zippy"));
  EXPECT_TRUE(found == expected);
  EXPECT_THAT(changes(expected, found, "none"), ::testing::IsEmpty());
}

}  // namespace
}  // namespace czb::lab
