// SPDX-License-Identifier: MIT
// The token bucket (process/rate_limit.h), with a clock of the test's own.
#include "process/rate_limit.h"

#include <gtest/gtest.h>

namespace czb {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class RateLimitTest : public ::testing::Test {
 protected:
  std::size_t allowance_at(milliseconds time, RateShare& share) {
    share.begin_turn(start_ + time);
    return share.allowance();
  }

  std::shared_ptr<RateLimit> limit_ = std::make_shared<RateLimit>(1'000'000);
  const SteadyClock::time_point start_ = SteadyClock::now();
};

TEST_F(RateLimitTest, WithoutALimitNothingIsHeldBack) {
  for (const auto& limit : {std::shared_ptr<RateLimit>(), std::make_shared<RateLimit>(0)}) {
    RateShare share(limit);
    EXPECT_GT(allowance_at(seconds(1), share), 1'000'000'000'000U);
    share.spend(1'000'000);
    EXPECT_GT(share.allowance(), 1'000'000'000'000U);
  }
}

TEST_F(RateLimitTest, AnIdleHourEarnsAQuarterOfASecond) {
  RateShare share(limit_);
  EXPECT_EQ(allowance_at(seconds(3600), share), 250'000U);
}

TEST_F(RateLimitTest, ALowRateEarnsUpTo64KiB) {
  RateShare share(std::make_shared<RateLimit>(1000));
  EXPECT_EQ(allowance_at(seconds(3600), share), 65'536U);
}

TEST_F(RateLimitTest, OpensAsSoonAsItSays) {
  RateShare share(limit_);
  EXPECT_EQ(allowance_at(milliseconds(10), share), 0U);
  const auto opens = share.opens_at();
  EXPECT_LT(opens, start_ + milliseconds(64));
  share.begin_turn(opens - milliseconds(1));
  EXPECT_EQ(share.allowance(), 0U);
  share.begin_turn(opens + milliseconds(1));
  EXPECT_GE(share.allowance(), 62'500U);
}

TEST_F(RateLimitTest, InTheLongRunTheRateIsReachedAndNotExceeded) {
  RateShare one(limit_);
  RateShare two(limit_);
  std::size_t moved = 0;
  for (milliseconds time(7); time < seconds(100); time += milliseconds(7)) {
    for (RateShare* share : {&one, &two}) {
      const std::size_t part = allowance_at(time, *share);
      share->spend(part);
      moved += part;
    }
  }
  EXPECT_GT(moved, 99'000'000U);
  EXPECT_LE(moved, 100'000'000U);
}

TEST_F(RateLimitTest, OneOfSeveralMayHaveItAllWhenTheOthersWantNothing) {
  RateShare one(limit_);
  RateShare two(limit_);
  RateShare three(limit_);
  std::size_t moved = 0;
  for (milliseconds time(7); time < seconds(100); time += milliseconds(7)) {
    const std::size_t part = allowance_at(time, one);
    one.spend(part);
    moved += part;
  }
  EXPECT_GT(moved, 99'000'000U);
}

TEST_F(RateLimitTest, AllGetTheSameInATurnWhoeverComesFirst) {
  RateShare one(limit_);
  RateShare two(limit_);
  EXPECT_EQ(allowance_at(seconds(1), one), 125'000U);
  one.spend(125'000);
  EXPECT_EQ(one.allowance(), 0U);
  EXPECT_EQ(allowance_at(seconds(1), two), 125'000U);
}

TEST_F(RateLimitTest, OneThatEndsLeavesItsPartToTheOthers) {
  RateShare one(limit_);
  { const RateShare two(limit_); }
  EXPECT_EQ(allowance_at(seconds(1), one), 250'000U);
}

}  // namespace
}  // namespace czb
