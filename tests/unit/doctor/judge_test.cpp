// SPDX-License-Identifier: MIT
// Single judgements of doctor: clocks, space, features, permissions.
#include "doctor/doctor_world.h"
#include "doctor/feature_checks.h"
#include "doctor/permission_checks.h"
#include "doctor/side_checks.h"
#include "zfs/permissions.h"

namespace czb::doctor {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class Judged : public ::testing::Test {
 protected:
  Finding clock(std::int64_t asked, std::int64_t there, std::int64_t answered) {
    judge_clock({asked, there, answered}, side, findings);
    return all.back();
  }
  Finding space(std::optional<std::uint64_t> available, std::optional<unsigned> percent,
                std::optional<std::uint64_t> needed) {
    side.available = available;
    side.pool_status = PoolStatus{"ONLINE", percent};
    judge_space(side, needed, findings);
    return all.back();
  }

  std::vector<Finding> all;
  Findings findings{all, "home", "far"};
  PluginChoice choice{"carrier", "the test", {}};
  Host host{std::make_shared<ScriptedHost>("ssh far"), std::chrono::seconds(60)};
  Side side{host, choice, "vault/home"};
};

TEST_F(Judged, AClockIsAllowedAMinuteAndTheTimeThatTheQuestionTook) {
  EXPECT_EQ(clock(1000, 1000, 1000).state, State::ok);
  EXPECT_EQ(clock(1000, 940, 1000).state, State::ok);
  EXPECT_EQ(clock(1000, 1060, 1000).state, State::ok);
  EXPECT_EQ(clock(1000, 1500, 1440).state, State::ok);
  EXPECT_EQ(clock(1000, 1500, 1500).state, State::ok);
}

TEST_F(Judged, AClockThatDiffersByMoreIsAWarningThatSaysWhichWay) {
  EXPECT_THAT(clock(1000, 939, 1000), Tells(State::warning, "ssh far is 1 min 1 s behind", "set-ntp"));
  EXPECT_THAT(clock(1000, 1111, 1050), Tells(State::warning, "1 min 1 s ahead of this machine's", "set-ntp"));
}

TEST_F(Judged, SpaceFailsWhereTheNextPushDoesNotFitAndWarnsWhereThePoolIsNearlyFull) {
  side.is_source = false;
  side.existing = "vault/home";
  EXPECT_THAT(space(1 << 20, 40, 1 << 20), Tells(State::ok, "1.0 MiB available to vault/home on ssh far; 40 %", ""));
  EXPECT_THAT(space(1 << 20, 90, 1 << 19), Tells(State::warning, "90 % of pool vault", "Make room there"));
  EXPECT_THAT(space(1 << 20, 40, (1 << 20) + 1), Tells(State::failed, "next push brings", "Make room there"));
  EXPECT_THAT(space(0, 100, std::nullopt), Tells(State::failed, "0 B available", "Make room there"));
  EXPECT_THAT(space(std::nullopt, 40, 1), Tells(State::skipped, "not told", ""));
}

TEST_F(Judged, TheNextPushBringsWhatWasWrittenOrWhereNothingIsThereAllOfIt) {
  Side target(host, choice, "vault/home");
  EXPECT_EQ(next_push(side, target), std::nullopt);
  side.inventory = test::Tree("tank").dataset("", "t1").written("", 5).dataset("a", "t1").written("a", 7);
  side.used = 99;
  target.inventory = test::Tree("vault/home");
  EXPECT_EQ(next_push(side, target), 99U);
  target.inventory = test::Tree("vault/home").dataset("", "t1");
  EXPECT_EQ(next_push(side, target), 12U);
}

std::vector<std::string> names(const std::vector<FeatureGap>& gaps) {
  std::vector<std::string> words;
  for (const FeatureGap& gap : gaps)
    words.push_back(gap.name + (gap.is_unknown ? " unknown" : "") + (gap.breaks_streams ? "" : " property"));
  return words;
}

TEST(Features, AreReadFromZpoolGet) {
  const Features features = parse_features("name\ttank\nfeature@large_blocks\tactive\nfeature@skein\tdisabled\n");
  EXPECT_EQ(features, (Features{{"large_blocks", "active"}, {"skein", "disabled"}}));
}

TEST(Features, OnlyWhatTheSourceUsesAndTheTargetHasNotEnabledIsAGap) {
  const Features source = {{"large_blocks", "active"}, {"zstd_compress", "active"}, {"embedded_data", "enabled"},
                           {"skein", "active"},        {"async_destroy", "active"}, {"large_dnode", "active"}};
  EXPECT_THAT(names(feature_gaps(
                  source, {{"large_blocks", "disabled"}, {"large_dnode", "enabled"}, {"skein", "disabled"}}, false)),
              ElementsAre("large_blocks", "zstd_compress unknown", "skein property"));
  EXPECT_THAT(feature_gaps(source, source, true), IsEmpty());
}

TEST(Features, EncryptionCountsWhereTheTreeIsEncryptedNotWhereAnotherOfThePoolIs) {
  const Features source = {{"encryption", "active"}};
  EXPECT_THAT(names(feature_gaps(source, {{"encryption", "disabled"}}, true)), ElementsAre("encryption"));
  EXPECT_THAT(feature_gaps(source, {{"encryption", "disabled"}}, false), IsEmpty());
}

using DoctorFeatures = DoctorWorld;

TEST_F(DoctorFeatures, AFeatureThatBreaksStreamsFailsAndOneOfAPropertyWarns) {
  source->answer("zpool get -H -p -o property,value all tank",
                 {"feature@large_blocks\tactive\nfeature@skein\tactive\n"});
  far->answer("zpool get -H -p -o property,value all vault", {"feature@large_blocks\tdisabled\n"});
  EXPECT_THAT(examine_for("features", "far"),
              Tells(State::failed, "large_blocks, skein", "zpool set feature@large_blocks=enabled vault"));
  EXPECT_THAT(examine_for("features", "far"), Tells(State::failed, "", "which does not know skein"));
  far->answer("zpool get -H -p -o property,value all vault",
              {"feature@large_blocks\tenabled\nfeature@skein\tdisabled\n"});
  EXPECT_THAT(examine_for("features", "far"), Tells(State::warning, "skein", "feature@skein=enabled"));
}

TEST(Permissions, TheUserIsReadFromId) {
  const auto who = parse_identity("uid=1000(backup) gid=1001(operators) groups=1001(operators),27(sudo)\n");
  ASSERT_TRUE(who);
  EXPECT_EQ(who->id, 1000U);
  EXPECT_EQ(who->user, "backup");
  EXPECT_THAT(who->groups, ElementsAre("operators", "sudo"));
  EXPECT_EQ(parse_identity("uid=1234 gid=7")->user, "1234");
  EXPECT_FALSE(parse_identity("who?\n"));
}

using DoctorPermissions = DoctorWorld;

// What `zfs allow vault/home` prints where the user backup has these.
Scripted allowing(Permissions permissions, const std::string& title = "Local+Descendent permissions:") {
  std::string words;
  for (const std::string& each : permissions) words += (words.empty() ? "" : ",") + each;
  return {"---- Permissions on vault/home ----\n" + title + "\n\tuser backup " + words + "\n"};
}

TEST_F(DoctorPermissions, WhatAUserLacksIsNamedWithTheLineToType) {
  const RolePermissions role = role_permissions(ZfsRole::target);
  far->answer("id", {"uid=7(backup) gid=7(backup) groups=7(backup)\n"});
  Permissions all = role.permissions;
  all.insert(all.end(), role.source_properties.begin(), role.source_properties.end());
  far->answer("zfs allow vault/home", allowing(all));
  EXPECT_THAT(examine_for("permissions", "far"), Tells(State::ok, "the user backup on ssh far has what", ""));
  far->answer("zfs allow vault/home", allowing(all, "Local permissions:"));  // on none of its snapshots
  EXPECT_THAT(examine_for("permissions", "far"), Tells(State::failed, "lacks what a run needs", "zfs allow -u backup"));

  Permissions without_receive = all;
  std::erase(without_receive, "receive");
  far->answer("zfs allow vault/home", allowing(without_receive));
  EXPECT_THAT(examine_for("permissions", "far"), Tells(State::failed, "lacks what a run needs on vault/home: receive",
                                                       "As root there: zfs allow -u backup receive vault/home"));

  Permissions without_compression = all;
  std::erase(without_compression, "compression");
  far->answer("zfs allow vault/home", allowing(without_compression));
  EXPECT_THAT(examine_for("permissions", "far"),
              Tells(State::warning, "what a stream may bring: compression; the data arrives",
                    "zfs allow -u backup compression"));
}

TEST_F(DoctorPermissions, ASourceNeedsWhatASenderDoes) {
  source->answer("id", {"uid=7(backup) gid=7(backup) groups=7(backup)\n"});
  source->answer("zfs allow tank/home", {""});
  std::string needed;
  for (const std::string& each : role_permissions(ZfsRole::sender).permissions)
    needed += (needed.empty() ? "" : ",") + each;
  EXPECT_THAT(examine_for("permissions", ""), Tells(State::failed, "lacks what a run needs on tank/home",
                                                    "As root here: zfs allow -u backup " + needed));
}

}  // namespace
}  // namespace czb::doctor
