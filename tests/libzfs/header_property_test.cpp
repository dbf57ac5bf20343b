// SPDX-License-Identifier: MIT
// Headers of somebody who has the key, by the million: whatever the receiver lets zfs have of them, libzfs of 2.1 and
// of 2.3 leaves what was there before as it was. And given to libzfs as they are, they do not: else they would show
// nothing.
//
// CZB_HEADERS: how many; CZB_SEED: from which one on. A failure says which one it was.
#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <string>

#include "libzfs/trial.h"
#include "libzfs/trials.h"

namespace czb::libzfs {
namespace {

std::uint64_t number_of(const char* variable, std::uint64_t otherwise) {
  const char* const text = std::getenv(variable);
  return text == nullptr ? otherwise : std::stoull(text);
}

// The sanitizers, and no optimisation, take thirty times as long: there it is about what they find.
std::uint64_t usual() {
#ifdef __SANITIZE_ADDRESS__
  return 8'000;
#else
  return 1'000'000;
#endif
}

constexpr std::uint64_t parts = 4;

class HostileHeaders : public ::testing::TestWithParam<std::uint64_t> {};

TEST_P(HostileHeaders, LeaveWhatWasThereAsItWas) {
  const std::uint64_t count = number_of("CZB_HEADERS", usual()) / parts;
  const std::uint64_t first = number_of("CZB_SEED", 1) + GetParam() * (std::uint64_t{1} << 32U);
  const Tally tally = play_trials(first, count, count < 100'000 ? 2 : 8);
  std::cout << describe(tally) << "\n";
  EXPECT_EQ(tally.failures, 0U) << tally.first_failure;
  EXPECT_GE(tally.headers, count);
  EXPECT_EQ(tally.genuine_refused + tally.genuine_harmful, 0U) << tally.first_genuine;

  // What they show: that they would do harm, in every way there is, and that the receiver does not simply refuse all.
  if (tally.controls < 1000) return;
  EXPECT_GT(tally.genuine, 0U);
  EXPECT_GT(tally.harmful * 100, tally.controls * 10) << "the headers are harmless";
  for (const Broken kind : {Broken::renamed, Broken::snapshot_renamed, Broken::promoted, Broken::encryption_root,
                            Broken::key, Broken::snapshot_properties})
    EXPECT_GT(tally.harmful_by[static_cast<std::size_t>(kind)], 0U) << static_cast<int>(kind);
  // Two of them are 2.1's, which searches the whole pool, and for datasets too.
  for (std::size_t attack = 1; attack < attacks; ++attack) {
    const auto which = static_cast<Attack>(attack);
    EXPECT_GT(tally.harmful_attacks[attack][0], 0U) << attack << " in 2.1";
    if (which == Attack::two_sessions || which == Attack::dataset_guid) continue;
    EXPECT_GT(tally.harmful_attacks[attack][1], 0U) << attack << " in 2.3";
  }
  EXPECT_GT(tally.reached_zfs * 100, tally.headers * 20) << "the receiver refuses almost all at once";
  EXPECT_GT(tally.harmful_reached_zfs * 100, tally.harmful * 5) << "of what does harm almost nothing reaches zfs";
}

INSTANTIATE_TEST_SUITE_P(Part, HostileHeaders, ::testing::Range<std::uint64_t>(0, parts));

}  // namespace
}  // namespace czb::libzfs
