// SPDX-License-Identifier: MIT
// How a target's properties reach one dataset (plan/received_properties.h).
#include "plan/received_properties.h"

#include <gtest/gtest.h>

namespace czb {
namespace {

const ReceivedProperties configured = {{"canmount", "noauto"},    {"com.example:x", "1"}, {"compression", std::nullopt},
                                       {"mountpoint", "none"},    {"quota", "10G"},       {"readonly", "on"},
                                       {"refreservation", "none"}};

TEST(ReceivedProperties, OfTheRootAreAsTheyAreWritten) {
  EXPECT_EQ(properties_for(configured, DatasetKind::filesystem, true), configured);
}

TEST(ReceivedProperties, OfAVolumeAtTheRootAreWithoutThoseOfFileSystems) {
  EXPECT_EQ(
      properties_for(configured, DatasetKind::volume, true),
      (ReceivedProperties{
          {"com.example:x", "1"}, {"compression", std::nullopt}, {"readonly", "on"}, {"refreservation", "none"}}));
}

TEST(ReceivedProperties, OfAChildAreInheritedWhereTheyCanBe) {
  EXPECT_EQ(properties_for(configured, DatasetKind::filesystem, false),
            (ReceivedProperties{{"com.example:x", std::nullopt},
                                {"compression", std::nullopt},
                                {"mountpoint", std::nullopt},
                                {"readonly", std::nullopt}}));
}

TEST(ReceivedProperties, OfAVolumeBelowTheRootAreInheritedWhereTheyCanBe) {
  EXPECT_EQ(
      properties_for(configured, DatasetKind::volume, false),
      (ReceivedProperties{{"com.example:x", std::nullopt}, {"compression", std::nullopt}, {"readonly", std::nullopt}}));
}

TEST(ReceivedProperties, OfAUserAreNotAskedForBehindAReceiverUnlessToLeaveThemOut) {
  const ReceivedProperties some = {{"a:set", "1"}, {"a:without", std::nullopt}, {"readonly", "on"}};
  for (const ReceiverMode mode : {ReceiverMode::append_only, ReceiverMode::mirror}) {
    EXPECT_EQ(askable_properties(some, mode), (ReceivedProperties{{"a:without", std::nullopt}, {"readonly", "on"}}));
    EXPECT_EQ(left_out_properties(some, mode), std::vector<std::string>{"a:set"});
  }
  EXPECT_EQ(askable_properties(some, std::nullopt), some);
  EXPECT_TRUE(left_out_properties(some, std::nullopt).empty());
}

TEST(ReceivedProperties, NoneStayNone) { EXPECT_TRUE(properties_for({}, DatasetKind::filesystem, false).empty()); }

}  // namespace
}  // namespace czb
