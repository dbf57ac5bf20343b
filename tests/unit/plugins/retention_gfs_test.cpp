// SPDX-License-Identifier: MIT
// Grandfather, father, son by hand-worked examples: each table is a walk from the newest snapshot to the oldest.
#include <date/date.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <initializer_list>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "retention-gfs/gfs.h"

namespace {

using czb::count_all;
using czb::Decision;
using czb::PluginVerdict;
using czb::SnapshotView;
using czb::gfs::judge;
using czb::gfs::Policy;

constexpr std::string_view expired = "no tier keeps it";

// "2024-02-29" or "2024-02-29 23:59:59", UTC.
std::int64_t at(const char* text) {
  int year = 0;
  unsigned month = 0;
  unsigned day = 0;
  long hour = 0;
  long minute = 0;
  long second = 0;
  EXPECT_GE(std::sscanf(text, "%d-%u-%u %ld:%ld:%ld", &year, &month, &day, &hour, &minute, &second), 3) << text;
  const date::year_month_day calendar{date::year{year}, date::month{month}, date::day{day}};
  EXPECT_TRUE(calendar.ok()) << text;
  return date::sys_seconds{date::sys_days{calendar}}.time_since_epoch().count() + hour * 3600 + minute * 60 + second;
}

std::string shown(std::int64_t time) { return date::format("%F %T", date::sys_seconds{std::chrono::seconds{time}}); }

Policy only(std::int64_t hourly, std::int64_t daily, std::int64_t weekly, std::int64_t monthly, std::int64_t yearly) {
  return Policy{hourly, daily, weekly, monthly, yearly};
}

// Newest first, each in a transaction group of its own.
std::vector<SnapshotView> snapshots_at(const std::vector<std::int64_t>& times) {
  std::vector<SnapshotView> snapshots;
  snapshots.reserve(times.size());
  for (std::size_t index = 0; index < times.size(); ++index) {
    snapshots.push_back({"s", index + 1, times.size() - index, times[index]});
  }
  return snapshots;
}

std::vector<PluginVerdict> judged(const Policy& policy, const std::vector<std::int64_t>& times) {
  const std::vector<SnapshotView> snapshots = snapshots_at(times);
  return judge(policy, snapshots.data(), snapshots.size());
}

struct Line {
  const char* time;
  std::string_view rule;
};

void expect(const Policy& policy, std::initializer_list<Line> walk) {
  std::vector<std::int64_t> times;
  for (const Line& line : walk) times.push_back(at(line.time));
  const std::vector<PluginVerdict> verdicts = judged(policy, times);
  ASSERT_EQ(verdicts.size(), walk.size());
  for (std::size_t index = 0; index < walk.size(); ++index) {
    const Line& line = walk.begin()[index];
    EXPECT_EQ(verdicts[index].rule.view(), line.rule) << line.time;
    EXPECT_EQ(verdicts[index].decision, line.rule == expired ? Decision::expire : Decision::keep) << line.time;
  }
}

// One at 12:00 each day, newest first.
std::vector<std::int64_t> daily(const char* newest, const char* oldest) {
  std::vector<std::int64_t> times;
  for (std::int64_t time = at(newest) + 43200; time >= at(oldest); time -= 86400) times.push_back(time);
  return times;
}

// The rules of what is kept, by day.
std::map<std::string, std::string> kept(const Policy& policy, const std::vector<std::int64_t>& times) {
  const std::vector<PluginVerdict> verdicts = judged(policy, times);
  std::map<std::string, std::string> rules;
  for (std::size_t index = 0; index < times.size(); ++index) {
    if (verdicts[index].decision == Decision::keep) {
      rules[shown(times[index]).substr(0, 10)] = verdicts[index].rule.view();
    }
  }
  return rules;
}

TEST(GfsTest, OfNothingNothingIsKept) { EXPECT_TRUE(judge(Policy{}, nullptr, 0).empty()); }

TEST(GfsTest, TheOnlySnapshotIsTheNewest) { expect(Policy{}, {{"2024-05-01", "newest"}}); }

TEST(GfsTest, WithAllTiersZeroOnlyTheNewestIsKept) {
  expect(only(0, 0, 0, 0, 0),
         {{"2024-05-01", "newest"}, {"2024-04-30", expired}, {"2023-01-01", expired}, {"1999-01-01", expired}});
}

TEST(GfsTest, TheDefaultsAreTheSeeds) {
  const Policy policy;
  EXPECT_EQ(policy.hourly, 0);
  EXPECT_EQ(policy.daily, 31);
  EXPECT_EQ(policy.weekly, 12);
  EXPECT_EQ(policy.monthly, 36);
  EXPECT_EQ(policy.yearly, count_all);
}

// Worked with a calendar: 2024-03-15 is a Friday.
TEST(GfsTest, TheSeedsDefaultsOverSixYearsOfDays) {
  const std::map<std::string, std::string> rules = kept(Policy{}, daily("2024-03-15", "2018-06-01"));
  EXPECT_EQ(rules.size(), 1U + 31 + 12 + 36 + 2);
  const std::map<std::string, std::string> some = {
      {"2024-03-15", "newest"},
      {"2024-03-14", "daily 1 of 31"},
      {"2024-03-01", "daily 14 of 31"},
      {"2024-02-29", "daily 15 of 31"},  // a leap day is a day
      {"2024-02-13", "daily 31 of 31"},  // a Tuesday: Monday the 12th is in its week
      {"2024-02-11", "weekly 1 of 12"},  // Sundays from here
      {"2024-02-04", "weekly 2 of 12"},
      {"2024-01-07", "weekly 6 of 12"},
      {"2023-12-31", "weekly 7 of 12"},
      {"2023-11-26", "weekly 12 of 12"},
      {"2023-10-31", "monthly 1 of 36"},  // ends of months from here: November has
                                          // its weekly
      {"2023-09-30", "monthly 2 of 36"},
      {"2023-02-28", "monthly 9 of 36"},
      {"2022-12-31", "monthly 11 of 36"},
      {"2021-01-31", "monthly 34 of 36"},
      {"2020-12-31", "monthly 35 of 36"},
      {"2020-11-30", "monthly 36 of 36"},
      {"2019-12-31", "yearly 1 of all"},  // 2020 has its monthly
      {"2018-12-31", "yearly 2 of all"},
  };
  for (const auto& [day, rule] : some) {
    const auto found = rules.find(day);
    EXPECT_EQ(found == rules.end() ? std::string(expired) : found->second, rule) << day;
  }
}

// What the years look like when the policy runs every day, as it does: the monthlies are made from weeklies.
TEST(GfsTest, AHistoryThinnedEveryDayHasAllItsTiersFull) {
  std::vector<std::int64_t> all = daily("2024-03-15", "2010-01-01");
  std::reverse(all.begin(), all.end());
  std::vector<std::int64_t> held;
  for (const std::int64_t time : all) {
    held.insert(held.begin(), time);
    const std::vector<PluginVerdict> verdicts = judged(Policy{}, held);
    std::vector<std::int64_t> left;
    for (std::size_t index = 0; index < held.size(); ++index) {
      if (verdicts[index].decision == Decision::keep) left.push_back(held[index]);
    }
    held = left;
  }
  const std::map<std::string, std::string> rules = kept(Policy{}, held);
  EXPECT_EQ(rules.size(), 1U + 31 + 12 + 36 + 10);
  const std::map<std::string, std::string> some = {
      {"2024-02-13", "daily 31 of 31"},  {"2024-02-11", "weekly 1 of 12"},  {"2023-11-26", "weekly 12 of 12"},
      {"2023-10-29", "monthly 1 of 36"}, {"2023-02-26", "monthly 9 of 36"}, {"2020-11-29", "monthly 36 of 36"},
      {"2019-12-29", "yearly 1 of all"}, {"2018-12-30", "yearly 2 of all"}, {"2010-12-26", "yearly 10 of all"},
  };
  for (const auto& [day, rule] : some) {
    const auto found = rules.find(day);
    EXPECT_EQ(found == rules.end() ? std::string(expired) : found->second, rule) << day;
  }
}

TEST(GfsTest, OfSeveralADayTheLastIsKept) {
  expect(only(0, 2, 0, 0, 0), {{"2024-05-03 18:00:00", "newest"},
                               {"2024-05-03 12:00:00", expired},
                               {"2024-05-03 06:00:00", expired},
                               {"2024-05-02 18:00:00", "daily 1 of 2"},
                               {"2024-05-02 06:00:00", expired},
                               {"2024-05-01 18:00:00", "daily 2 of 2"},
                               {"2024-05-01 06:00:00", expired},
                               {"2024-04-30 18:00:00", expired}});
}

TEST(GfsTest, ADayEndsAtMidnightUtc) {
  expect(only(0, 5, 0, 0, 0), {{"2024-05-02 00:00:00", "newest"},
                               {"2024-05-01 23:59:59", "daily 1 of 5"},
                               {"2024-05-01 00:00:00", expired},
                               {"2024-04-30 23:59:59", "daily 2 of 5"}});
}

TEST(GfsTest, AnHourEndsAtTheFullHour) {
  expect(only(3, 0, 0, 0, 0), {{"2024-05-02 00:30:00", "newest"},
                               {"2024-05-02 00:00:00", expired},
                               {"2024-05-01 23:59:59", "hourly 1 of 3"},
                               {"2024-05-01 23:00:00", expired},
                               {"2024-05-01 22:59:59", "hourly 2 of 3"},
                               {"2024-04-30 22:10:00", "hourly 3 of 3"},  // the same hour of another day
                               {"2024-04-30 21:10:00", expired}});
}

TEST(GfsTest, GapsUseNothingUp) {
  expect(only(0, 3, 1, 1, count_all), {{"2024-06-01", "newest"},
                                       {"2024-01-10", "daily 1 of 3"},
                                       {"2023-05-01", "daily 2 of 3"},
                                       {"2021-08-20", "daily 3 of 3"},
                                       {"2021-02-03", "weekly 1 of 1"},
                                       {"2020-11-11", "monthly 1 of 1"},
                                       {"2020-10-10", expired},
                                       {"2015-10-10", "yearly 1 of all"},
                                       {"2015-10-09", expired},
                                       {"2009-01-01", "yearly 2 of all"}});
}

TEST(GfsTest, ATierThatIsNotUsedUpLastsToTheOldest) {
  expect(Policy{}, {{"2024-05-03 18:00:00", "newest"},
                    {"2024-05-02 18:00:00", "daily 1 of 31"},
                    {"2024-05-02 17:00:00", expired},
                    {"2023-05-02 18:00:00", "daily 2 of 31"},
                    {"2023-05-02 17:00:00", expired},
                    {"2022-05-02 18:00:00", "daily 3 of 31"},
                    {"2022-05-02 17:00:00", expired}});
}

TEST(GfsTest, TheFirstWeeklyIsInAnotherWeekThanTheLastDaily) {
  // 2024-05-12 is a Sunday: the rest of the week of the last daily is skipped.
  expect(only(0, 2, 2, 0, 0), {{"2024-05-12", "newest"},
                               {"2024-05-11", "daily 1 of 2"},
                               {"2024-05-10", "daily 2 of 2"},
                               {"2024-05-09", expired},
                               {"2024-05-06", expired},  // the Monday
                               {"2024-05-05", "weekly 1 of 2"},
                               {"2024-05-04", expired},
                               {"2024-04-28", "weekly 2 of 2"},
                               {"2024-04-21", expired}});
}

TEST(GfsTest, TheFirstWeeklyMayBeTheDayBeforeTheLastDaily) {
  expect(only(0, 1, 1, 0, 0), {{"2024-05-07", "newest"},
                               {"2024-05-06", "daily 1 of 1"},  // a Monday
                               {"2024-05-05", "weekly 1 of 1"},
                               {"2024-05-04", expired}});
}

TEST(GfsTest, ThePeriodOfTheLastKeptIsTheOneOfThePresentTier) {
  // The last weekly, 2024-04-28, is in April: so the first monthly is in March, and not the 27th of April.
  expect(only(0, 0, 1, 2, 0), {{"2024-05-03", "newest"},
                               {"2024-04-28", "weekly 1 of 1"},
                               {"2024-04-27", expired},
                               {"2024-04-01", expired},
                               {"2024-03-31", "monthly 1 of 2"},
                               {"2024-03-01", expired},
                               {"2024-02-29", "monthly 2 of 2"},
                               {"2024-01-31", expired}});
}

TEST(GfsTest, AYearlyIsInAnotherYearThanTheLastMonthly) {
  expect(only(0, 0, 0, 2, 2), {{"2024-02-01", "newest"},
                               {"2024-01-31", "monthly 1 of 2"},
                               {"2023-12-31", "monthly 2 of 2"},
                               {"2023-11-30", expired},
                               {"2023-01-01", expired},
                               {"2022-12-31", "yearly 1 of 2"},
                               {"2022-06-30", expired},
                               {"2021-01-01", "yearly 2 of 2"},
                               {"2020-12-31", expired}});
}

TEST(GfsTest, ATierOfZeroIsSkipped) {
  expect(only(0, 1, 0, 0, 1), {{"2024-05-03", "newest"},
                               {"2024-05-02", "daily 1 of 1"},
                               {"2024-05-01", expired},
                               {"2024-01-01", expired},
                               {"2023-12-31", "yearly 1 of 1"},
                               {"2022-12-31", expired}});
}

TEST(GfsTest, WithoutDailiesTheFirstWeeklyIsComparedWithTheNewest) {
  expect(only(0, 0, 1, 0, 0),
         {{"2024-05-09", "newest"}, {"2024-05-06", expired}, {"2024-05-05", "weekly 1 of 1"}, {"2024-04-28", expired}});
}

TEST(GfsTest, AllNeverRunsOut) {
  const std::vector<std::int64_t> times = daily("2024-03-15", "2014-03-16");
  const std::map<std::string, std::string> rules = kept(only(0, count_all, 12, 36, count_all), times);
  EXPECT_EQ(rules.size(), times.size());
  EXPECT_EQ(rules.at("2014-03-16"), "daily " + std::to_string(times.size() - 1) + " of all");
}

TEST(GfsTest, Week53BelongsToTheYearOfItsMonday) {
  expect(only(0, 0, 3, 0, 0), {{"2021-01-05", "newest"},
                               {"2021-01-04", expired},
                               {"2021-01-03", "weekly 1 of 3"},  // Sunday of 2020-W53
                               {"2021-01-01", expired},
                               {"2020-12-31", expired},
                               {"2020-12-28", expired},          // Monday of 2020-W53
                               {"2020-12-27", "weekly 2 of 3"},  // Sunday of 2020-W52
                               {"2020-12-21", expired},
                               {"2020-12-20", "weekly 3 of 3"}});
}

TEST(GfsTest, WeekOneMayBeginInTheOldYear) {
  expect(only(0, 0, 9, 0, 0), {{"2019-01-06", "newest"},  // Sunday of 2019-W01
                               {"2019-01-01", expired},
                               {"2018-12-31", expired},  // Monday of 2019-W01
                               {"2018-12-30", "weekly 1 of 9"}});
}

TEST(GfsTest, TheSameWeekMonthOrDayOfAnotherYearIsAnotherPeriod) {
  expect(only(0, 1, 1, 1, 0), {{"2024-03-07", "newest"},
                               {"2023-03-07", "daily 1 of 1"},
                               {"2022-03-07", "weekly 1 of 1"},
                               {"2021-03-07", "monthly 1 of 1"}});
}

TEST(GfsTest, EveryMonthOfEveryYearIsAPeriodOfItsOwn) {
  std::vector<std::int64_t> times;
  for (int month = 299; month >= 0; --month) {
    const date::year_month_day first = date::year{2000} / date::January / 1 + date::months{month};
    times.push_back(date::sys_seconds{date::sys_days{first}}.time_since_epoch().count());
  }
  // Any two of them side by side: not only neighbours.
  for (std::size_t newer = 0; newer < times.size(); ++newer) {
    for (std::size_t older = newer + 1; older < times.size(); ++older) {
      const std::vector<PluginVerdict> verdicts = judged(only(0, 0, 0, 1, 0), {times[newer], times[older]});
      ASSERT_EQ(verdicts[1].rule.view(), "monthly 1 of 1") << shown(times[newer]) << " and " << shown(times[older]);
    }
  }
}

TEST(GfsTest, ANewYearEndsDayWeekMonthAndYear) {
  for (const auto& [policy, rule] : {std::pair<Policy, const char*>{only(1, 0, 0, 0, 0), "hourly 1 of 1"},
                                     {only(0, 1, 0, 0, 0), "daily 1 of 1"},
                                     {only(0, 0, 1, 0, 0), "weekly 1 of 1"},
                                     {only(0, 0, 0, 1, 0), "monthly 1 of 1"},
                                     {only(0, 0, 0, 0, 1), "yearly 1 of 1"}}) {
    expect(policy, {{"2024-01-01 00:00:00", "newest"}, {"2023-12-31 23:59:59", rule}});  // a Monday
  }
}

TEST(GfsTest, TheLeapDayEndsFebruary) {
  expect(only(0, 0, 0, 2, 0), {{"2024-03-01 00:00:00", "newest"},
                               {"2024-02-29 23:59:59", "monthly 1 of 2"},
                               {"2024-02-28 23:59:59", expired},
                               {"2024-01-31 23:59:59", "monthly 2 of 2"}});
}

TEST(GfsTest, ASnapshotFromBeforeTheClockWasSetBackCountsLikeAnyOther) {
  // Order is the createtxg: after two snapshots the clock lost its battery.
  expect(only(0, 4, 0, 0, 0), {{"2006-01-02", "newest"},
                               {"2006-01-01", "daily 1 of 4"},
                               {"2024-05-02", "daily 2 of 4"},
                               {"2024-05-01", "daily 3 of 4"},
                               {"2024-05-01", expired}});
}

TEST(GfsTest, TimesBefore1970HaveTheirPeriodsToo) {
  expect(only(2, 0, 0, 0, 0), {{"1970-01-01 00:00:00", "newest"},
                               {"1969-12-31 23:59:59", "hourly 1 of 2"},
                               {"1969-12-31 23:00:00", expired},
                               {"1969-12-31 22:59:59", "hourly 2 of 2"}});
  expect(only(0, 0, 2, 0, 0), {{"1970-01-01", "newest"},  // a Thursday
                               {"1969-12-29", expired},
                               {"1969-12-28", "weekly 1 of 2"},
                               {"0000-01-01", "weekly 2 of 2"}});
}

TEST(GfsTest, SnapshotsInOneTransactionGroupAreInOrder) {
  const std::vector<SnapshotView> snapshots = {{"b", 2, 7, at("2024-05-02")}, {"a", 1, 7, at("2024-05-01")}};
  EXPECT_EQ(judge(Policy{}, snapshots.data(), 2)[1].rule.view(), "daily 1 of 31");
}

TEST(GfsTest, RefusesSnapshotsThatAreOutOfOrder) {
  const std::vector<SnapshotView> snapshots = {{"a", 1, 7, at("2024-05-01")}, {"b", 2, 8, at("2024-05-02")}};
  try {
    judge(Policy{}, snapshots.data(), 2);
    FAIL() << "not refused";
  } catch (const std::invalid_argument& error) {
    EXPECT_STREQ(error.what(),
                 "the snapshot 'b' comes after 'a', which is older by its createtxg: the newest must come first");
  }
}

TEST(GfsTest, RefusesTimesThatNoCalendarHas) {
  for (const std::int64_t time : {at("0000-01-01") - 1, at("9999-12-31") + 86400, INT64_MIN, INT64_MAX}) {
    const SnapshotView snapshot{"odd", 1, 1, time};
    EXPECT_THROW(judge(Policy{}, &snapshot, 1), std::invalid_argument) << time;
  }
}

TEST(GfsTest, RefusesANegativeNumber) {
  try {
    judge(only(0, -2, 0, 0, 0), nullptr, 0);
    FAIL() << "not refused";
  } catch (const std::invalid_argument& error) {
    EXPECT_STREQ(error.what(), "the option 'daily' is -2, but must be 0 or more, or 'all'");
  }
}

TEST(GfsTest, TheLargestNumbersFitIntoTheRule) {
  expect(only(0, 0, 0, INT64_MAX, 0), {{"2024-05-02", "newest"}, {"2024-04-01", "monthly 1 of 9223372036854775807"}});
}

TEST(GfsTest, JudgesAMillionSnapshots) {
  std::vector<std::int64_t> times(1'000'000);
  for (std::size_t index = 0; index < times.size(); ++index) {
    times[index] = at("2024-03-15 12:00:00") - static_cast<std::int64_t>(index) * 900;  // every quarter of an hour
  }
  const std::vector<PluginVerdict> verdicts = judged(only(48, 31, 12, 36, count_all), times);
  const auto number = std::count_if(verdicts.begin(), verdicts.end(),
                                    [](const PluginVerdict& verdict) { return verdict.decision == Decision::keep; });
  // 28.5 years, back to 1995-09-09: the hourlies end on 2024-03-13, the dailies on 2024-02-11 (a Sunday), the weeklies
  // on 2023-11-19, the monthlies in 2020-11; then each year from 2019 to 1995.
  EXPECT_EQ(number, 1 + 48 + 31 + 12 + 36 + 25);
  EXPECT_EQ(verdicts.back().rule.view(), expired);
}

}  // namespace
