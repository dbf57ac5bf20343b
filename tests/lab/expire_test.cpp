// SPDX-License-Identifier: MIT
// What expires at the source, and what never does.
#include <algorithm>
#include <chrono>
#include <functional>
#include <utility>

#include "lab.h"

namespace czb::lab {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Not;

using Period = std::function<int(std::chrono::sys_days)>;

// The policy "3 days, 2 weeks, 1 month, yearlies for ever", by the words of the manual: from the newest back, each tier
// takes the next one whose period is another than that of the last one kept. Oldest first.
Words survivors(const std::vector<int>& days) {
  using namespace std::chrono;
  const Period day = [](sys_days d) { return d.time_since_epoch().count(); };
  const Period week = [](sys_days d) { return (d.time_since_epoch().count() + 3) / 7; };  // day 0 was a Thursday
  const Period month = [](sys_days d) {
    const year_month_day date(d);
    return static_cast<int>(date.year()) * 12 + static_cast<int>(static_cast<unsigned>(date.month()));
  };
  const Period year = [](sys_days d) { return static_cast<int>(year_month_day(d).year()); };
  std::vector<Period> tiers = {day, day, day, week, week, month};
  tiers.insert(tiers.end(), days.size(), year);

  const auto date_of = [](int number) { return sys_days{2026y / January / 1} + std::chrono::days{number}; };
  std::vector<int> kept = {days.back()};
  auto tier = tiers.begin();
  for (auto it = days.rbegin() + 1; it != days.rend(); ++it)
    if ((*tier)(date_of(*it)) != (*tier)(date_of(kept.back()))) {
      kept.push_back(*it);
      ++tier;
    }
  Words names;
  std::transform(kept.rbegin(), kept.rend(), std::back_inserter(names), noon);
  return names;
}

class ExpireTest : public LabTest {
 protected:
  // Days first … last of the whole tree, by hand, and all of it pushed.
  void make_days(int first, int last, const Words& children = {"child"}) {
    make_tree(children);
    for (int day = first; day <= last; ++day) take_snapshot(day);
    expect_backup(last, push_only);
  }
};

TEST_F(ExpireTest, GrandfatherFatherSonThroughTheDaysWithOneDestroyForEachSide) {
  retention = "{plugin: gfs, daily: 3, weekly: 2, monthly: 1, yearly: all}";
  std::vector<int> days = {-800, -500, -430, -90, -40, -20, -13, -8, -3, -2};
  make_tree({"child"});
  for (const int day : days) take_snapshot(day);
  for (const int day : {-1, 0, 1, 4}) {
    SCOPED_TRACE(noon(day));
    days.push_back(day);
    const Result result = backup(day, {"--force-destroy-lots"});
    EXPECT_THAT(result, Exits(ok));
    const Words expected = survivors(days);
    EXPECT_EQ(snapshots_of(source), (Tree{{"", expected}, {"child", expected}}));
    expect_mirror(source, target);
    const std::size_t gone = days.size() - expected.size();
    std::erase_if(days, [&](int d) { return std::find(expected.begin(), expected.end(), noon(d)) == expected.end(); });
    // All datasets agree, so one process for each side does it.
    const Words commands = commands_of(result);
    EXPECT_EQ(count_of(commands, "zfs destroy -r " + source + "@"), gone > 0 ? 1U : 0U) << result.err;
    EXPECT_EQ(count_of(commands, "zfs destroy -r " + target + "@"), gone > 0 && day > -1 ? 1U : 0U) << result.err;
    EXPECT_EQ(count_of(commands, "zfs destroy"), gone == 0 ? 0U : day > -1 ? 2U : 1U) << result.err;
  }
}

TEST_F(ExpireTest, MoreThanAQuarterGoesOnlyWhenForcedAndThePushRunsAllTheSame) {
  make_days(1, 4);
  retention = keep_nothing;
  const Result guarded = backup(5);
  EXPECT_THAT(guarded,
              Exits(refused, {source + ": 3 of its 5", source + "/child: 3 of its 5", "--force-destroy-lots"}));
  EXPECT_EQ(count_of(commands_of(guarded), "zfs destroy"), 0U);
  EXPECT_EQ(snapshots_of(source).at("child").size(), 5U);
  expect_mirror(source, target);

  expect_backup(6, {"--force-destroy-lots"});
  EXPECT_EQ(snapshots_of(source), (Tree{{"", {noon(5), noon(6)}}, {"child", {noon(5), noon(6)}}}));
}

TEST_F(ExpireTest, ASnapshotFromTheFutureProtectsItsDatasetAndNoOther) {
  make_days(1, 2, {"child", "other"});
  zfs({"snapshot", source + "/child@" + noon(300)});
  retention = keep_nothing;
  EXPECT_THAT(backup(3, {"--force-destroy-lots"}),
              Exits(refused, {source + "/child: the snapshot @" + noon(300) + " is from the future"}));
  EXPECT_EQ(snapshots_of(source), (Tree{{"", {noon(2), noon(3)}},
                                        {"child", {noon(1), noon(2), noon(300), noon(3)}},
                                        {"other", {noon(2), noon(3)}}}));
  expect_mirror(source, target);
}

TEST_F(ExpireTest, AHeldSnapshotAndOneWithACloneAreNamedAndTheRestGoes) {
  make_days(1, 5);
  zfs({"hold", "keep", source + "/child@" + noon(2)});
  zfs({"clone", source + "@" + noon(3), "zippy/a-clone"});
  retention = keep_nothing;
  EXPECT_THAT(backup(6, {"--force-destroy-lots"}),
              Exits(ok, {source + "/child@" + noon(2) + " (it is held", source + "@" + noon(3) + " (it has clones)"}));
  EXPECT_EQ(snapshots_of(source), (Tree{{"", {noon(3), noon(5), noon(6)}}, {"child", {noon(2), noon(5), noon(6)}}}));
  expect_mirror(source, target);
  zfs({"destroy", "zippy/a-clone"});
}

TEST_F(ExpireTest, TheNewestNeverExpiresWhateverThePolicySays) {
  make_days(1, 2);
  retention = keep_nothing;
  const Words expire_all = expire_only + Words{"--force-destroy-lots"};
  EXPECT_THAT(backup(3, expire_all), Exits(ok));
  EXPECT_THAT(backup(900, expire_all), Exits(ok));
  EXPECT_EQ(snapshots_of(source), (Tree{{"", {noon(2)}}, {"child", {noon(2)}}}));
}

TEST_F(ExpireTest, WhatTheTargetContinuesFromOutlivesItsAbsence) {
  make_days(1, 2);
  retention = keep_nothing;
  transport = ssh_transport(ssh_config(), ", options: [Port=9]");
  for (const int day : {3, 4, 5}) EXPECT_THAT(backup(day, {"--force-destroy-lots"}), Exits(unreachable));
  // Also when it is not a target any more of the actions chosen.
  transport = "local";
  EXPECT_THAT(backup(6, Words{"--force-destroy-lots", "--action", "snapshot", "expire"}), Exits(ok));
  EXPECT_EQ(snapshots_of(source), (Tree{{"", {noon(2), noon(6)}}, {"child", {noon(2), noon(6)}}}));

  expect_backup(7, {"--force-destroy-lots"});
  EXPECT_THAT(snapshots_of(target).at("child"), AllOf(Contains(noon(7)), Not(Contains(noon(1)))));
}

}  // namespace
}  // namespace czb::lab
