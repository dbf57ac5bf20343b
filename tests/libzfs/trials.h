// SPDX-License-Identifier: MIT
// Many trials, and what came of them.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "libzfs/invariant.h"
#include "libzfs/trial.h"

namespace czb::libzfs {

struct Tally {
  std::uint64_t trials = 0;
  std::uint64_t headers = 0;   // with and without a package: sessions
  std::uint64_t failures = 0;  // trials in which the invariant did not hold behind the receiver
  std::string first_failure;
  std::uint64_t reached_zfs = 0;  // sessions that the receiver let zfs begin
  std::uint64_t taken = 0;        // … and of which it refused nothing to the end
  std::uint64_t controls = 0;     // trials that were played without the receiver, too
  std::uint64_t harmful = 0;  // of these, trials that break the invariant without the receiver, in one of the versions
  std::array<std::uint64_t, kinds_broken> harmful_by = {};  // by Broken
  // By Attack, those that break it in 2.1, and in 2.3.
  std::array<std::array<std::uint64_t, 2>, attacks> harmful_attacks = {};
  std::array<std::uint64_t, 2> harmful_to = {};  // 2.1, 2.3
  std::uint64_t harmful_reached_zfs = 0;         // of these, where every session reached zfs
  // Of single sessions as zfs send sends them: those that the receiver refuses, and those that break it without it.
  std::uint64_t genuine = 0;
  std::uint64_t genuine_refused = 0;
  std::uint64_t genuine_harmful = 0;
  std::string first_genuine;  // that was either
};

// `count` or one more sessions, of the trials from `first` on; one of `controls` trials is played without the receiver,
// too.
Tally play_trials(std::uint64_t first, std::uint64_t count, std::uint64_t controls);

std::string describe(const Tally& tally);

}  // namespace czb::libzfs
