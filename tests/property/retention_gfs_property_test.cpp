// SPDX-License-Identifier: MIT
// What holds for every history and every policy, and a second implementation that must agree: it works with the C
// library's calendar and searches for what each tier keeps, where the plugin counts periods in one walk.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <map>
#include <string>
#include <vector>

#include "retention-gfs/gfs.h"

namespace {

using czb::count_all;
using czb::Decision;
using czb::PluginVerdict;
using czb::SnapshotView;
using czb::gfs::judge;
using czb::gfs::Policy;

struct TierModel {
  std::string name;
  std::int64_t Policy::*limit;
  const char* period;  // for strftime
};

const std::vector<TierModel>& tiers() {
  static const std::vector<TierModel> all = {{"hourly", &Policy::hourly, "%Y-%m-%d %H"},
                                             {"daily", &Policy::daily, "%Y-%m-%d"},
                                             {"weekly", &Policy::weekly, "%G-W%V"},
                                             {"monthly", &Policy::monthly, "%Y-%m"},
                                             {"yearly", &Policy::yearly, "%Y"}};
  return all;
}

std::string period(const TierModel& tier, std::int64_t time) {
  const std::time_t seconds = time;
  std::tm calendar{};
  gmtime_r(&seconds, &calendar);
  char text[32] = "";
  return std::string(text, std::strftime(text, sizeof text, tier.period, &calendar));
}

constexpr std::int64_t one_day = 86400;

// The snapshots' times, newest first by createtxg. Mostly each is earlier than the one before by something between a
// moment and years; now and then a clock was set.
rc::Gen<std::vector<std::int64_t>> any_history() {
  const auto gap =
      rc::gen::weightedOneOf<std::int64_t>({{2, rc::gen::inRange<std::int64_t>(0, 4000)},
                                            {4, rc::gen::inRange<std::int64_t>(3000, 100000)},
                                            {4, rc::gen::inRange<std::int64_t>(80000, 90000)},
                                            {3, rc::gen::inRange<std::int64_t>(one_day, one_day * 40)},
                                            {1, rc::gen::inRange<std::int64_t>(one_day * 40, one_day * 800)},
                                            {1, rc::gen::inRange<std::int64_t>(-one_day * 20, 0)}});
  const auto newest = rc::gen::inRange<std::int64_t>(1'500'000'000, 1'900'000'000);
  return rc::gen::apply(
      [](std::int64_t time, const std::vector<std::int64_t>& gaps) {
        std::vector<std::int64_t> times;
        for (const std::int64_t step : gaps) {
          times.push_back(time);
          time -= step;
        }
        return times;
      },
      newest, rc::gen::scale(3.0, rc::gen::container<std::vector<std::int64_t>>(gap)));
}

rc::Gen<std::int64_t> any_limit() {
  return rc::gen::weightedOneOf<std::int64_t>({{2, rc::gen::just<std::int64_t>(0)},
                                               {6, rc::gen::inRange<std::int64_t>(1, 8)},
                                               {2, rc::gen::inRange<std::int64_t>(8, 40)},
                                               {1, rc::gen::just(count_all)}});
}

Policy any_policy() { return Policy{*any_limit(), *any_limit(), *any_limit(), *any_limit(), *any_limit()}; }

std::vector<SnapshotView> snapshots_at(const std::vector<std::int64_t>& times) {
  std::vector<SnapshotView> snapshots;
  for (std::size_t index = 0; index < times.size(); ++index) {
    snapshots.push_back({"s", index + 1, times.size() - index, times[index]});
  }
  return snapshots;
}

// What decided, for each; "no tier keeps it" is the one rule of expiry.
std::vector<std::string> rules(const Policy& policy, const std::vector<std::int64_t>& times) {
  const std::vector<SnapshotView> snapshots = snapshots_at(times);
  std::vector<std::string> said;
  for (const PluginVerdict& verdict : judge(policy, snapshots.data(), snapshots.size())) {
    said.emplace_back(verdict.rule.view());
    RC_ASSERT((verdict.decision == Decision::expire) == (said.back() == "no tier keeps it"));
  }
  return said;
}

bool is_kept(const std::string& rule) { return rule != "no tier keeps it"; }

std::string tier_of(const std::string& rule) { return rule.substr(0, rule.find(' ')); }

std::vector<std::string> second_opinion(const Policy& policy, const std::vector<std::int64_t>& times) {
  std::vector<std::string> said(times.size(), "no tier keeps it");
  if (times.empty()) return said;
  said[0] = "newest";
  auto last = times.begin();
  for (const TierModel& tier : tiers()) {
    const std::int64_t limit = policy.*tier.limit;
    const std::string of = limit == count_all ? "all" : std::to_string(limit);
    for (std::int64_t number = 1; limit == count_all || number <= limit; ++number) {
      const std::string taken = period(tier, *last);
      const auto next =
          std::find_if(last + 1, times.end(), [&](std::int64_t time) { return period(tier, time) != taken; });
      if (next == times.end()) return said;  // not used up: no later tier has its turn
      said[static_cast<std::size_t>(next - times.begin())] = tier.name + " " + std::to_string(number) + " of " + of;
      last = next;
    }
  }
  return said;
}

RC_GTEST_PROP(GfsProperty, ASecondImplementationAgrees, ()) {
  const std::vector<std::int64_t> times = *any_history();
  const Policy policy = any_policy();
  const std::vector<std::string> said = rules(policy, times);
  RC_ASSERT(said == second_opinion(policy, times));
  RC_CLASSIFY(std::count_if(said.begin(), said.end(), is_kept) * 2 < static_cast<std::ptrdiff_t>(said.size()),
              "most expire");
}

RC_GTEST_PROP(GfsProperty, TheNewestIsAlwaysKept, ()) {
  const std::vector<std::int64_t> times = *any_history();
  RC_PRE(!times.empty());
  RC_ASSERT(rules(any_policy(), times).front() == "newest");
}

RC_GTEST_PROP(GfsProperty, NoTierKeepsMoreThanItsNumberAndTheyCountFromOne, ()) {
  const Policy policy = any_policy();
  std::map<std::string, std::int64_t> number;
  for (const std::string& rule : rules(policy, *any_history())) {
    if (is_kept(rule)) ++number[tier_of(rule)];
    const std::string counted = tier_of(rule) + " " + std::to_string(number[tier_of(rule)]) + " of ";
    RC_ASSERT(!is_kept(rule) || rule == "newest" || rule.rfind(counted, 0) == 0);
  }
  for (const TierModel& tier : tiers()) {
    const std::int64_t limit = policy.*tier.limit;
    RC_ASSERT(limit == count_all || number[tier.name] <= limit);
  }
}

RC_GTEST_PROP(GfsProperty, TiersFollowEachOtherInOrder, ()) {
  std::size_t present = 0;
  for (const std::string& rule : rules(any_policy(), *any_history())) {
    if (!is_kept(rule) || rule == "newest") continue;
    while (present < tiers().size() && tiers()[present].name != tier_of(rule)) ++present;
    RC_ASSERT(present < tiers().size());
  }
}

RC_GTEST_PROP(GfsProperty, WhatIsKeptIsInAnotherPeriodThanTheLastKept, ()) {
  const std::vector<std::int64_t> times = *any_history();
  const std::vector<std::string> said = rules(any_policy(), times);
  std::size_t last = 0;
  for (std::size_t index = 1; index < times.size(); ++index) {
    if (!is_kept(said[index])) continue;
    const auto tier = std::find_if(tiers().begin(), tiers().end(),
                                   [&](const TierModel& model) { return model.name == tier_of(said[index]); });
    RC_ASSERT(period(*tier, times[index]) != period(*tier, times[last]));
    last = index;
  }
}

RC_GTEST_PROP(GfsProperty, TheSameQuestionHasTheSameAnswer, ()) {
  const std::vector<std::int64_t> times = *any_history();
  const Policy policy = any_policy();
  RC_ASSERT(rules(policy, times) == rules(policy, times));
}

// Expiry interrupted anywhere is safe to repeat: whichever of the expired are already gone, the rest is judged alike.
RC_GTEST_PROP(GfsProperty, WhatExpiresLeavesNoTrace, ()) {
  const std::vector<std::int64_t> times = *any_history();
  const Policy policy = any_policy();
  const std::vector<std::string> before = rules(policy, times);
  std::vector<std::int64_t> left;
  std::vector<std::string> expected;
  for (std::size_t index = 0; index < times.size(); ++index) {
    if (!is_kept(before[index]) && *rc::gen::arbitrary<bool>()) continue;
    left.push_back(times[index]);
    expected.push_back(before[index]);
  }
  RC_ASSERT(rules(policy, left) == expected);
}

RC_GTEST_PROP(GfsProperty, JudgingWhatWasKeptAgainExpiresNothing, ()) {
  const std::vector<std::int64_t> times = *any_history();
  const Policy policy = any_policy();
  const std::vector<std::string> before = rules(policy, times);
  std::vector<std::int64_t> left;
  for (std::size_t index = 0; index < times.size(); ++index) {
    if (is_kept(before[index])) left.push_back(times[index]);
  }
  const std::vector<std::string> after = rules(policy, left);
  RC_ASSERT(std::all_of(after.begin(), after.end(), is_kept));
}

RC_GTEST_PROP(GfsProperty, OlderSnapshotsDoNotChangeTheVerdictOnNewerOnes, ()) {
  const std::vector<std::int64_t> times = *any_history();
  const Policy policy = any_policy();
  const auto number = *rc::gen::inRange<std::size_t>(0, times.size() + 1);
  const auto end = static_cast<std::ptrdiff_t>(number);
  const std::vector<std::string> all = rules(policy, times);
  const std::vector<std::string> newer = rules(policy, {times.begin(), times.begin() + end});
  RC_ASSERT(newer == std::vector<std::string>(all.begin(), all.begin() + end));
}

}  // namespace
