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

TEST(ReceivedProperties, WithoutAValueAreLeftOutOfEveryDatasetThatHasThem) {
  const ReceivedProperties some = {{"compression", std::nullopt},
                                   {"quota", std::nullopt},
                                   {"refreservation", std::nullopt},
                                   {"site:x", std::nullopt}};
  for (const bool is_root : {true, false}) {
    EXPECT_EQ(properties_for(some, DatasetKind::filesystem, is_root), some);
    EXPECT_EQ(properties_for(some, DatasetKind::volume, is_root),
              (ReceivedProperties{
                  {"compression", std::nullopt}, {"refreservation", std::nullopt}, {"site:x", std::nullopt}}));
  }
}

TEST(ReceivedProperties, WithAValueThatIsNotInheritedAreOfTheRootAlone) {
  for (const char* const name : {"canmount", "context", "filesystem_limit", "keylocation", "quota", "refquota",
                                 "refreserv", "refreservation", "reserv", "reservation", "snapshot_limit"})
    EXPECT_TRUE(properties_for({{name, "1"}}, DatasetKind::filesystem, false).empty()) << name;
}

TEST(ReceivedProperties, ALimitOfSpaceWithoutAValueIsNoneForEachDatasetUnlessAReceiverTakesItOut) {
  const ReceivedProperties some = {
      {"canmount", std::nullopt}, {"quota", "1T"}, {"refreservation", std::nullopt}, {"reserv", std::nullopt}};
  EXPECT_TRUE(holds_only_one_by_one(some, std::nullopt));
  EXPECT_EQ(held_one_by_one(some, std::nullopt),
            (ReceivedProperties{
                {"canmount", std::nullopt}, {"quota", "1T"}, {"refreservation", "none"}, {"reserv", "none"}}));
  EXPECT_FALSE(holds_only_one_by_one(some, ReceiverMode::append_only));
  EXPECT_EQ(held_one_by_one(some, ReceiverMode::append_only), some);
  EXPECT_FALSE(holds_only_one_by_one({{"canmount", std::nullopt}, {"refreservation", "none"}}, std::nullopt));
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
