// SPDX-License-Identifier: MIT
// Genuine streams, changed at random by a seed, with right sizes and checksums, through the real receiver: in one
// session and in two at once, with keys that append and that mirror, as root and not. After each the full state of the
// pool is compared with the one before (invariant.h). Some are played to a plain zfs receive, too: the forger is worth
// something only where that takes them, and is fooled.
//
// CZB_FORGERIES says how many each of the grounds below gets, CZB_SEED with which one they begin, CZB_CONTROLS how many
// go to zfs alone.
#include <chrono>
#include <iostream>

#include "forgery_ground.h"
#include "lab.h"
#include "receiver_lab.h"
#include "restricted.h"

namespace czb::lab {
namespace {

// What became of each.
bool says() { return !text_from_environment("CZB_SAY").empty(); }

struct Count {
  int forgeries = 0;
  int accepted = 0;  // by the receiver, and by zfs behind it
  int reached = 0;   // zfs, which did not take them
  int refused = 0;   // by the receiver
  int other = 0;     // busy, say
  int pairs = 0;
  int controls = 0;
  int taken_plainly = 0;
  int fooled = 0;
};

// The same backup, received by zfs alone, in a pool of its own: zfs receive looks for guids in the whole pool.
class PlainBackup {
 public:
  explicit PlainBackup(const std::string& folder) : file_(folder + "/plain.img"), script_(folder + "/take-away.lua") {
    succeed({"truncate", "-s", "128M", file_});
    succeed({"zpool", "create", "-o", "ashift=12", "-o", "cachefile=none", "-m", "none", "plain", file_});
  }
  ~PlainBackup() { run({"zpool", "destroy", "-f", "plain"}); }
  PlainBackup(const PlainBackup&) = delete;
  PlainBackup& operator=(const PlainBackup&) = delete;

  // As it was made, unless it still is.
  void restore(const Words& genuine) {
    if (!state_.empty()) return;
    for (const auto& [name, properties] : look_at("plain"))
      if (name.find('/') != std::string::npos) run({"zfs", "destroy", "-R", "-f", name});
    for (const std::string& stream : genuine) {
      const Result result = receive(plainly(root), stream);
      if (result.status != 0) throw std::runtime_error("the control failed: " + result.text());
    }
    state_ = look_at("plain");
  }
  // What was received has broken.
  Words broken_by(const Forgery& forgery, const ForgeryGround& ground, Result& result) {
    result = receive(plainly(forgery.dataset.empty() ? root : root + "/" + forgery.dataset), forgery.stream);
    const PoolState after = look_at("plain");
    Words broken = changes(state_, after, root);
    for (const std::string& each : ground.keys_that_do_not_fit(root)) broken.push_back(each);
    if (broken.empty()) take_away(state_, after, script_);
    if (!broken.empty()) state_.clear();
    return broken;
  }

  const std::string root = "plain/control";

 private:
  std::string file_;
  std::string script_;
  PoolState state_;
};

class ReceiverMutatorTest : public LabTest {
 protected:
  // `first`: the seed to begin with.
  void play_all(const GroundShape& shape, std::uint64_t first);
  void play(const ForgeryGround& ground, std::uint64_t seed, Count& count);
  void play_plainly(PlainBackup& plain, const ForgeryGround& ground, std::uint64_t seed, Count& count);
  void expect_promises(const ForgeryGround& ground, const std::string& what, bool has_come);
  void count_result(const Result& result, Count& count);

  std::string script() const { return folder + "/take-away.lua"; }

  PoolState before_;
};

void ReceiverMutatorTest::count_result(const Result& result, Count& count) {
  if (result.status == 0)
    ++count.accepted;
  else if (result.status == refused_by_receiver)
    ++count.refused;
  else if (result.err.find("cannot receive") != std::string::npos ||
           result.err.find("cannot restore") != std::string::npos)
    ++count.reached;
  else
    ++count.other;
  if (says()) std::cout << result.status << " " << result.err;
}

void ReceiverMutatorTest::expect_promises(const ForgeryGround& ground, const std::string& what, bool has_come) {
  const PoolState after = look_at("offsite");
  for (const std::string& each : broken_promises(before_, after, target)) ADD_FAILURE() << each << "\n  after " << what;
  if (after == before_ && !has_come) return;
  for (const std::string& each : ground.unreadable(false)) ADD_FAILURE() << each << "\n  after " << what;
  take_away(before_, after, script());
  before_ = look_at("offsite");
}

void ReceiverMutatorTest::play(const ForgeryGround& ground, std::uint64_t seed, Count& count) {
  Dice dice(seed);
  const Forgery forgery = forge(ground.forgers(), dice);
  ReceiverKey key = ground.key();
  if (dice.chance(40)) key.options = {"--mode", "mirror"};
  const auto place = [&](const std::string& relative) { return relative.empty() ? target : target + "/" + relative; };
  std::string what = "CZB_SEED=" + std::to_string(seed) + ": " + forgery.description;
  ++count.forgeries;
  bool has_come = false;
  if (dice.chance(25)) {
    ++count.pairs;
    ++count.forgeries;
    const Forgery other = dice.chance(40) ? leave_genuine(ground.forgers(), dice) : forge(ground.forgers(), dice);
    what += "; and while it waits, " + other.description;
    const TwoResults results = receive_around(with_key(key, place(forgery.dataset)), forgery.stream, forgery.held_back,
                                              with_key(key, place(other.dataset)), other.stream);
    if (says()) std::cout << what << "\n  ";
    count_result(results.slow, count);
    count_result(results.quick, count);
    has_come = results.slow.status == 0 || results.quick.status == 0;
  } else {
    const Result result = receive(with_key(key, place(forgery.dataset)), forgery.stream);
    if (says()) std::cout << what << "\n  ";
    count_result(result, count);
    has_come = result.status == 0;
  }
  expect_promises(ground, what, has_come);
}

void ReceiverMutatorTest::play_plainly(PlainBackup& plain, const ForgeryGround& ground, std::uint64_t seed,
                                       Count& count) {
  Dice dice(seed);
  const Forgery forgery = forge(ground.forgers(), dice);
  if (!forgery.is_safe) return;
  plain.restore(ground.genuine());
  Result result;
  const Words broken = plain.broken_by(forgery, ground, result);
  ++count.controls;
  count.taken_plainly += result.status == 0 ? 1 : 0;
  count.fooled += broken.empty() ? 0 : 1;
  if (says())
    std::cout << "plainly: " << forgery.description << "\n  " << result.status << " " << result.err
              << (broken.empty() ? "" : "  fooled: " + broken.front() + "\n");
}

void ReceiverMutatorTest::play_all(const GroundShape& shape, std::uint64_t first) {
  zfs({"create", target + "-beside"});
  zfs({"snapshot", target + "-beside@mine"});
  ForgeryGround ground(source, target, folder, shape);
  ground.change_records(from_environment("CZB_RECORDS", 0) != 0);
  first = from_environment("CZB_SEED", first);
  const std::uint64_t forgeries = from_environment("CZB_FORGERIES", 25);
  Count count;
  const auto began = std::chrono::steady_clock::now();
  before_ = look_at("offsite");
  std::uint64_t seed = first;
  for (; count.forgeries < static_cast<int>(forgeries) && !HasFailure(); ++seed) play(ground, seed, count);
  for (const std::string& each : ground.unreadable(true)) ADD_FAILURE() << each;
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - began);
  // Who receives makes no difference to zfs alone.
  if (shape.as_root) {
    PlainBackup plain(folder);
    const std::uint64_t controls = from_environment("CZB_CONTROLS", std::max<std::uint64_t>(8, forgeries / 20));
    for (std::uint64_t each = first; static_cast<std::uint64_t>(count.controls) < controls && !HasFailure(); ++each)
      play_plainly(plain, ground, each, count);
  }
  zfs({"destroy", "-r", target + "-beside"});
  std::cout << count.forgeries << " forgeries (" << count.pairs << " pairs) in " << took.count()
            << " ms: " << count.accepted << " accepted, " << count.reached << " refused by zfs, " << count.refused
            << " by the receiver, " << count.other << " otherwise; of " << count.controls
            << " played to zfs alone it took " << count.taken_plainly << ", and was fooled by " << count.fooled << "\n";
  if (HasFailure()) return;
  // What the forger is worth.
  EXPECT_GE((count.accepted + count.reached) * 8, count.forgeries) << "too few of them reach zfs";
  EXPECT_GE(count.refused * 4, count.forgeries) << "too few of them are refused";
  EXPECT_GE((count.taken_plainly + count.fooled) * 4, count.controls) << "zfs alone takes too few of them";
  EXPECT_GE(count.fooled, count.controls / 100) << "zfs alone is fooled by too few of them";
}

TEST_F(ReceiverMutatorTest, APlainBackupStaysAsItIsWhateverIsSent) { play_all({false, true}, 1); }
TEST_F(ReceiverMutatorTest, AnEncryptedBackupStaysAsItIsWhateverIsSent) { play_all({true, true}, 1000001); }
TEST_F(ReceiverMutatorTest, APlainBackupStaysAsItIsWithoutRoot) { play_all({false, false}, 2000001); }
TEST_F(ReceiverMutatorTest, AnEncryptedBackupStaysAsItIsWithoutRoot) { play_all({true, false}, 3000001); }

}  // namespace
}  // namespace czb::lab
