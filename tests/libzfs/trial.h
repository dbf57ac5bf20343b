// SPDX-License-Identifier: MIT
// A host, and what one or two sessions do to it, by a number from which all of it follows.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "libzfs/invariant.h"
#include "libzfs/play.h"
#include "libzfs/session.h"
#include "libzfs/world.h"

namespace czb::libzfs {

enum class Turns { one, one_after_the_other, at_once };

// Those that broke an earlier receiver, with a guid of a nested encryption root or of any dataset; and, at the end, one
// that is like them.
enum class Attack {
  none,
  inherits,      // an entry for a dataset that is not there lists what another has, or is about to receive
  renamed,       // the same in a header of an increment
  two_sessions,  // a header lists what comes with another session, while the first one goes on
  copy,          // a dataset gets a copy of another's snapshot, and the next header speaks of the copy
  promoted,      // a header of an increment has a clone that is none
  dataset_guid,  // a new dataset's snapshot has the guid of a dataset
};
inline constexpr std::size_t attacks = 7;

struct Trial {
  World world;
  std::vector<Session> sessions;
  Turns turns = Turns::one;
  bool is_forged = false;
  Attack attack = Attack::none;
  std::uint64_t schedule = 0;  // of what goes on at once
};

// Makes it that attack, where the world has what that needs.
void make_attack(Random& random, Trial& trial, Attack attack);

Trial make_trial(std::uint64_t number);

struct Result {
  std::vector<Broken> broken;
  std::vector<Outcome> outcomes;
  Pool pool;
  bool is_same_in_other_version = false;
};

enum class Way { straight, through_receiver };

Result play(const Trial& trial, Version version, Way way);

// For a person.
std::string describe(const Trial& trial);
std::string describe(const Pool& pool);

}  // namespace czb::libzfs
