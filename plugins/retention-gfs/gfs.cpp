// SPDX-License-Identifier: MIT
#include "retention-gfs/gfs.h"

#include <date/date.h>

#include <array>
#include <charconv>
#include <chrono>
#include <stdexcept>
#include <string>
#include <string_view>

namespace czb::gfs {
namespace {

// The number of a period: equal for two times in the same one, different for any others.
using PeriodOf = std::int64_t (*)(date::sys_seconds time);

date::sys_days day(date::sys_seconds time) { return date::floor<date::days>(time); }

std::int64_t hour_of(date::sys_seconds time) {
  return date::floor<std::chrono::hours>(time).time_since_epoch().count();
}

std::int64_t day_of(date::sys_seconds time) { return day(time).time_since_epoch().count(); }

// An ISO 8601 week is told by its Monday.
std::int64_t week_of(date::sys_seconds time) {
  const date::sys_days today = day(time);
  const date::sys_days monday = today - (date::weekday{today} - date::Monday);
  return monday.time_since_epoch().count();
}

std::int64_t year_of(date::sys_seconds time) { return static_cast<int>(date::year_month_day{day(time)}.year()); }

std::int64_t month_of(date::sys_seconds time) {
  const date::year_month_day calendar{day(time)};
  return static_cast<int>(calendar.year()) * std::int64_t{12} + static_cast<unsigned>(calendar.month());
}

struct Tier {
  std::string_view name;
  std::int64_t limit;
  PeriodOf period;

  bool has_left(std::int64_t kept) const { return limit == count_all || kept < limit; }
};

using Tiers = std::array<Tier, 5>;

Tiers tiers_of(const Policy& policy) {
  const Tiers tiers = {{{"hourly", policy.hourly, hour_of},
                        {"daily", policy.daily, day_of},
                        {"weekly", policy.weekly, week_of},
                        {"monthly", policy.monthly, month_of},
                        {"yearly", policy.yearly, year_of}}};
  for (const Tier& tier : tiers) {
    if (tier.limit >= 0 || tier.limit == count_all) continue;
    throw std::invalid_argument("the option '" + std::string(tier.name) + "' is " + std::to_string(tier.limit) +
                                ", but must be 0 or more, or 'all'");
  }
  return tiers;
}

// "daily 3 of 31"
RuleText rule(const Tier& tier, std::int64_t kept) {
  std::array<char, RuleText::capacity> text;
  char* const limit = text.data() + text.size();
  char* end = text.data() + tier.name.copy(text.data(), tier.name.size());
  *end++ = ' ';
  end = std::to_chars(end, limit, kept).ptr;
  constexpr std::string_view of = " of ";
  end += of.copy(end, of.size());
  if (tier.limit == count_all) {
    constexpr std::string_view all = "all";
    end += all.copy(end, all.size());
  } else {
    end = std::to_chars(end, limit, tier.limit).ptr;
  }
  return std::string_view(text.data(), static_cast<std::size_t>(end - text.data()));
}
// The longest: "monthly ", " of " and twice the 19 digits of the largest number.
static_assert(RuleText::capacity >= 8 + 4 + 2 * 19);

std::string sentence(const SnapshotView& snapshot, std::string_view problem) {
  return "the snapshot '" + std::string(snapshot.name) + "' " + std::string(problem);
}

void check(const SnapshotView* snapshots, std::size_t count) {
  constexpr std::int64_t first = date::sys_seconds{date::sys_days{date::year{0} / 1 / 1}}.time_since_epoch().count();
  constexpr std::int64_t end = date::sys_seconds{date::sys_days{date::year{10000} / 1 / 1}}.time_since_epoch().count();
  for (std::size_t index = 0; index < count; ++index) {
    const SnapshotView& snapshot = snapshots[index];
    if (snapshot.time < first || snapshot.time >= end) {
      throw std::invalid_argument(sentence(snapshot, "has a time outside of the years 0000 to 9999: " +
                                                         std::to_string(snapshot.time) + " seconds since 1970"));
    }
    if (index > 0 && snapshot.createtxg > snapshots[index - 1].createtxg) {
      throw std::invalid_argument(
          sentence(snapshot, "comes after '" + std::string(snapshots[index - 1].name) +
                                 "', which is older by its createtxg: the newest must come first"));
    }
  }
}

date::sys_seconds time_of(const SnapshotView& snapshot) {
  return date::sys_seconds{std::chrono::seconds{snapshot.time}};
}

}  // namespace

std::vector<PluginVerdict> judge(const Policy& policy, const SnapshotView* snapshots, std::size_t count) {
  const Tiers tiers = tiers_of(policy);
  check(snapshots, count);
  std::vector<PluginVerdict> verdicts(count, PluginVerdict{Decision::expire, "no tier keeps it"});
  if (count == 0) return verdicts;
  verdicts[0] = {Decision::keep, "newest"};

  std::size_t next = 1;
  std::size_t last_kept = 0;
  for (const Tier& tier : tiers) {
    std::int64_t last_period = tier.period(time_of(snapshots[last_kept]));
    for (std::int64_t kept = 0; next < count && tier.has_left(kept); ++next) {
      const std::int64_t period = tier.period(time_of(snapshots[next]));
      if (period == last_period) continue;
      verdicts[next] = {Decision::keep, rule(tier, ++kept)};
      last_kept = next;
      last_period = period;
    }
  }
  return verdicts;
}

}  // namespace czb::gfs
