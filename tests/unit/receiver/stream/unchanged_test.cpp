// SPDX-License-Identifier: MIT
// What was there before is there afterwards (receiver/unchanged.h).
#include "receiver/stream/unchanged.h"

#include <gmock/gmock.h>

namespace czb::receiver {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const std::string root = "far/x";

PresentTree tree() {
  PresentTree present;
  present[""] = {1, {{10, "a"}}, "", root};
  present["c"] = {2, {{20, "a"}, {21, "b"}}, "", root + "/c"};
  present["c/d"] = {3, {{30, "a"}}, "", root + "/c"};
  present["n"] = {4, {}, root + "/c@a", root + "/c"};
  return present;
}

TEST(Unchanged, WhatHasComeIsNoDifference) {
  PresentTree after = tree();
  EXPECT_THAT(differences(tree(), after, root, {}), IsEmpty());
  after["new"] = {9, {{90, "a"}}, "", ""};
  after["c"].snapshots.emplace(22, "c");
  EXPECT_THAT(differences(tree(), after, root, {}), IsEmpty());
  EXPECT_THAT(differences({}, after, root, {}), IsEmpty());
}

TEST(Unchanged, WhatIsGoneRenamedOrAnotherIsTold) {
  PresentTree after = tree();
  after.erase("c/d");
  after["c"].snapshots = {{20, "z"}, {99, "b"}};
  after[""].guid = 7;
  EXPECT_THAT(differences(tree(), after, root, {}), ElementsAre("far/x is another dataset", "far/x/c@a has the name z",
                                                                "far/x/c@b is gone", "far/x/c/d is gone"));
}

TEST(Unchanged, APromotedCloneIsTold) {
  PresentTree after = tree();
  after["n"].origin.clear();
  EXPECT_THAT(differences(tree(), after, root, {}), ElementsAre("the origin of far/x/n was far/x/c@a and is none"));
}

TEST(Unchanged, AnotherEncryptionRootIsToldUnlessItWasToChange) {
  PresentTree after = tree();
  for (const char* each : {"c", "c/d", "n"}) after[each].encryption_root = root;
  EXPECT_THAT(differences(tree(), after, root, {}),
              ElementsAre("the encryption root of far/x/c was far/x/c and is far/x",
                          "the encryption root of far/x/c/d was far/x/c and is far/x",
                          "the encryption root of far/x/n was far/x/c and is far/x"));
  EXPECT_THAT(differences(tree(), after, root, {root + "/c"}), IsEmpty());
  EXPECT_THAT(differences(tree(), after, root, {root + "/c/d"}), ::testing::SizeIs(2)) << "it gives no other leave";
}

}  // namespace
}  // namespace czb::receiver
