// SPDX-License-Identifier: MIT
#include "libzfs/trial.h"

#include <memory>
#include <optional>
#include <utility>

namespace czb::libzfs {
namespace {

// What was there when a session began.
struct Before {
  Pool pool;
  KeyFiles files;
};

class Player {
 public:
  Player(const Trial& trial, Version version, Way way) : trial_(trial), way_(way) {
    host_.version = version;
    host_.pool = trial.world.pool;
    host_.key_files = trial.world.key_files;
  }

  Result run() {
    if (trial_.turns == Turns::at_once)
      at_once();
    else
      for (const Session& session : trial_.sessions)
        for (const std::unique_ptr<Play> one = begin(session); go_on(*one);) {
        }
    std::set<std::string> addressed;
    for (Outcome& each : result_.outcomes) addressed.merge(std::set<std::string>(each.addressed));
    compare(trial_.world.pool, trial_.world.key_files, addressed);
    for (const Before& each : before_) compare(each.pool, each.files, addressed);
    result_.is_same_in_other_version = !host_.has_asked_version;
    result_.pool = std::move(host_.pool);
    return std::move(result_);
  }

 private:
  void compare(const Pool& before, const KeyFiles& files, const std::set<std::string>& addressed) {
    for (const Broken what : broken(before, host_.pool, trial_.world.pool, files, addressed))
      result_.broken.push_back(what);
  }

  // What was there before the first one is known.
  std::unique_ptr<Play> begin(const Session& session) {
    if (std::exchange(has_begun_, true)) before_.push_back({host_.pool, host_.key_files});
    return way_ == Way::straight ? straight(host_, session) : through_receiver(host_, session);
  }

  bool go_on(Play& one) {
    if (one.step()) return true;
    result_.outcomes.push_back(one.outcome());
    return false;
  }

  void at_once() {
    Random random(trial_.schedule);
    std::vector<std::unique_ptr<Play>> running(trial_.sessions.size());
    std::size_t left = running.size();
    std::vector<bool> ended(running.size());
    while (left > 0) {
      const std::size_t at = random.below(running.size());
      if (ended[at]) continue;
      if (!running[at]) running[at] = begin(trial_.sessions[at]);
      if (go_on(*running[at])) continue;
      ended[at] = true;
      --left;
    }
  }

  const Trial& trial_;
  Way way_;
  Host host_;
  bool has_begun_ = false;
  std::vector<Before> before_;
  Result result_;
};

}  // namespace

Trial make_trial(std::uint64_t number) {
  Random random(number);
  Trial trial;
  trial.is_forged = !random.chance(6);
  const bool attacks_now = trial.is_forged && random.chance(25);
  const auto attack = attacks_now ? static_cast<Attack>(1 + random.below(attacks - 1)) : Attack::none;
  trial.world = some_world(random, attack == Attack::promoted);
  if (attacks_now) make_attack(random, trial, attack);
  if (trial.attack == Attack::none) {
    const std::size_t kind = random.below(10);
    trial.turns = kind < 4 ? Turns::one : kind < 7 ? Turns::one_after_the_other : Turns::at_once;
    const unsigned count = trial.turns == Turns::one ? 1 : 2;
    for (unsigned i = 1; i <= count; ++i) trial.sessions.push_back(genuine_session(random, trial.world, i));
  }
  // An attack may be in one of them as it is, and changed a little.
  if (trial.is_forged)
    for (Session& session : trial.sessions)
      if (random.chance(trial.attack == Attack::none ? 80 : 20)) forge(random, trial.world, session);
  for (Session& session : trial.sessions) write_head(session);
  trial.schedule = random.next();
  return trial;
}

Result play(const Trial& trial, Version version, Way way) { return Player(trial, version, way).run(); }

}  // namespace czb::libzfs
