// SPDX-License-Identifier: MIT
// Sizes, durations and the progress line (report/progress.h).
#include "report/progress.h"

#include <gtest/gtest.h>

#include <limits>

namespace czb {
namespace {

constexpr std::uint64_t mebibyte = 1024 * 1024;

TEST(HumanBytes, UsesBinaryUnits) {
  EXPECT_EQ(human_bytes(0), "0 B");
  EXPECT_EQ(human_bytes(312), "312 B");
  EXPECT_EQ(human_bytes(1023), "1023 B");
  EXPECT_EQ(human_bytes(1024), "1.0 KiB");
  EXPECT_EQ(human_bytes(1536 * mebibyte), "1.5 GiB");
  EXPECT_EQ(human_bytes(std::numeric_limits<std::uint64_t>::max()), "16.0 EiB");
}

TEST(HumanSeconds, UsesTwoUnitsAtMost) {
  EXPECT_EQ(human_seconds(0), "0 s");
  EXPECT_EQ(human_seconds(42.4), "42 s");
  EXPECT_EQ(human_seconds(59.6), "1 min 0 s");
  EXPECT_EQ(human_seconds(185), "3 min 5 s");
  EXPECT_EQ(human_seconds(3599.6), "1 h 0 min");
  EXPECT_EQ(human_seconds(7499), "2 h 4 min");
  EXPECT_EQ(human_seconds(90000), "25 h 0 min");
}

TEST(ProgressLine, ShowsShareRateAndTimeLeft) {
  EXPECT_EQ(progress_line("a to b", 300 * mebibyte, 1000 * mebibyte, 10),
            "a to b: 300.0 MiB of 1000.0 MiB (30 %), 30.0 MiB/s, 23 s left");
}

TEST(ProgressLine, WithoutATotalShowsBytesAndRateOnly) {
  EXPECT_EQ(progress_line("a to b", 2048, 0, 2), "a to b: 2.0 KiB, 1.0 KiB/s");
}

TEST(ProgressLine, TheEstimateMayBePassed) {
  EXPECT_EQ(progress_line("a", 2048, 1024, 1), "a: 2.0 KiB of 1.0 KiB (100 %), 2.0 KiB/s");
}

TEST(ProgressLine, AtTheVeryStartPromisesNothing) {
  EXPECT_EQ(progress_line("a", 0, 1024, 0), "a: 0 B of 1.0 KiB (0 %), 0 B/s");
  EXPECT_EQ(progress_line("a", 0, 1024, 5), "a: 0 B of 1.0 KiB (0 %), 0 B/s");
}

}  // namespace
}  // namespace czb
