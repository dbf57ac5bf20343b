// SPDX-License-Identifier: MIT
// What each mode accepts (receiver/policy.h).
#include "receiver/request/policy.h"

#include <gmock/gmock.h>

#include "receiver/answer.h"

namespace czb::receiver {
namespace {

using ::testing::HasSubstr;

const std::string root = "offsite/zippy";

std::string refusal_of(const Request& request, Mode mode) {
  Options options;
  options.root = root;
  options.mode = mode;
  try {
    check_allowed(request, options);
  } catch (const Refused& refused) {
    return refused.what();
  }
  return "";
}

// "a", "m", "p" for each mode that accepts it.
std::string modes_of(const Request& request) {
  std::string modes;
  if (refusal_of(request, Mode::append_only).empty()) modes += 'a';
  if (refusal_of(request, Mode::mirror).empty()) modes += 'm';
  if (refusal_of(request, Mode::pull).empty()) modes += 'p';
  return modes;
}

const std::string base = base_property("far");

TEST(ReceiverPolicy, EachModeAcceptsWhatItsTableSays) {
  const std::pair<Request, const char*> table[] = {
      {ListTree{root, {}, true}, "amp"},
      {ListTree{root + "/a", {}, true}, "amp"},
      {ListTree{root, {base}, true}, "p"},
      {ListTree{root, {}, false}, "p"},
      {ListTree{root, {base, base_property("b")}, false}, "p"},
      {ListTree{root, {"com.example:secret"}, true}, ""},
      {ListTree{root, {base, "com.example:secret"}, true}, ""},
      {ListTree{root, {base_property("")}, true}, ""},
      {ListNames{root}, "amp"},
      {Exists{root}, "amp"},
      {Exists{root + "/a"}, "amp"},
      {Exists{"offsite"}, "amp"},
      {Place{root}, "am"},
      {Place{"offsite"}, "am"},
      {Receive{root, {{"encryption", std::nullopt}}}, "am"},
      {Receive{root, {{"encryption", "off"}}}, ""},
      {Receive{root, {}}, "am"},
      {Receive{root + "/a/b", {{"readonly", "on"}}}, "am"},
      {Receive{root, {{"readonly", "off"}}}, ""},
      {Receive{root, {{"com.example:x", "y"}}}, ""},
      {Receive{root, {{"com.example:x", std::nullopt}}}, "am"},
      {AbortReceive{root}, "am"},
      {Destroy{root, {"x"}, false}, "m"},
      {Destroy{root + "/a", {"x", "y"}, true}, "m"},
      {SendTree{root, std::nullopt, "x", false}, "p"},
      {SendDataset{root, SendFrom::nothing, "", "x"}, "p"},
      {SendDataset{root, SendFrom::bookmark, "b", "x"}, "p"},
      {SendDataset{root + "/a", SendFrom::origin, root + "/b@x", "x"}, "p"},
      {SendDataset{root + "/a", SendFrom::origin, "offsite/other@x", "x"}, ""},
      {SendToken{"1-abc"}, "p"},
      {ReadToken{"1-abc"}, "p"},
      {Report{}, "amp"},
  };
  for (const auto& [request, modes] : table)
    EXPECT_EQ(modes_of(request), modes) << ::testing::PrintToString(command_of(request));
}

TEST(ReceiverPolicy, NothingOutsideTheRootIsReached) {
  for (const std::string dataset : {"offsite/zippy2", "offsite/zippy-x", "offsite/zipp", "offsite/other", "zippy",
                                    "offsite/Zippy", "offsite2/zippy", "zippy/offsite/zippy"}) {
    const Request requests[] = {ListTree{dataset, {}, true},
                                ListNames{dataset},
                                Exists{dataset},
                                Receive{dataset, {}},
                                AbortReceive{dataset},
                                Destroy{dataset, {"x"}, false},
                                SendTree{dataset, std::nullopt, "x", false},
                                SendDataset{dataset, SendFrom::nothing, "", "x"}};
    for (const Request& request : requests)
      EXPECT_EQ(modes_of(request), "") << ::testing::PrintToString(command_of(request));
  }
}

TEST(ReceiverPolicy, OfTheParentOnlyItsExistenceCanBeAsked) {
  EXPECT_EQ(modes_of(Exists{"offsite"}), "amp");
  EXPECT_EQ(modes_of(ListTree{"offsite", {}, true}), "");
  EXPECT_EQ(modes_of(ListNames{"offsite"}), "");
  EXPECT_EQ(modes_of(Receive{"offsite", {}}), "");
}

TEST(ReceiverPolicy, APoolAsRootHasNoParent) {
  Options options;
  options.root = "offsite";
  EXPECT_NO_THROW(check_allowed(Exists{"offsite/a"}, options));
  EXPECT_THROW(check_allowed(Exists{"other"}, options), Refused);
}

TEST(ReceiverPolicy, TheReasonSaysWhatTheKeyIsFor) {
  EXPECT_THAT(refusal_of(Destroy{root, {"x"}, false}, Mode::append_only), HasSubstr("append-only destroys nothing"));
  EXPECT_THAT(refusal_of(Receive{root, {}}, Mode::pull), HasSubstr("pull receives nothing"));
  EXPECT_THAT(refusal_of(SendToken{"1"}, Mode::mirror), HasSubstr("mirror sends nothing back"));
  EXPECT_THAT(refusal_of(Exists{"offsite/zippy2"}, Mode::mirror), HasSubstr("offsite/zippy2 is not in offsite/zippy"));
  EXPECT_THAT(refusal_of(Receive{root, {{"mountpoint", "/etc"}}}, Mode::mirror), HasSubstr("mountpoint=/etc"));
  EXPECT_THAT(refusal_of(Receive{root, {{"org.znapzend:enabled", "on"}}}, Mode::mirror),
              HasSubstr("the user property org.znapzend:enabled would be this host's own"));
}

}  // namespace
}  // namespace czb::receiver
