// SPDX-License-Identifier: MIT
// Whatever goes wrong with a run, and wherever: at most two more runs make source and target equal, and nothing is
// lost.
//
// CZB_TRIALS trials (200) over four trees, from CZB_SEED, and half as many through the restricted receiver, as
// a system user on both sides. Each: random changes of the source, a run with a random fault, runs without. A failure
// prints the seed, the trial and what it did; the same seed does the same again.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <iostream>

#include "random_fault.h"
#include "random_tree.h"
#include "volume.h"
#include "zfs/commands.h"

namespace czb::lab {
namespace {

constexpr std::size_t daily_kept = 4;  // the newest, and three by the policy

using Clock = std::chrono::steady_clock;
std::int64_t seconds_since(Clock::time_point then) {
  return std::chrono::duration_cast<std::chrono::seconds>(Clock::now() - then).count();
}

std::string name_in(const std::string& name_and_guid) { return name_and_guid.substr(0, name_and_guid.rfind(' ')); }
bool is_daily(const std::string& snapshot) { return snapshot.rfind("20", 0) == 0; }

class CutEverywhereTest : public FaultLabTest {
 protected:
  CutEverywhereTest() { retention = "{plugin: gfs, daily: 3, weekly: 0, monthly: 0, yearly: 0}"; }

  // This share of all trials on one tree.
  void run_trials(const Shape& shape, std::uint64_t percent, const std::string& receiver_mode = "") {
    const std::uint64_t seed = from_environment("CZB_SEED", 1);
    const std::uint64_t count = std::max<std::uint64_t>(1, from_environment("CZB_TRIALS", 200) * percent / 100);
    const Clock::time_point began = Clock::now();
    key_ = shape.key;
    RandomTree tree(source, shape);
    if (!receiver_mode.empty()) through_receiver.use(receiver_mode);
    for (std::uint64_t number = 1; number <= count; ++number) {
      Dice dice(seed * 1'000'000 + number * 100 + percent);
      story_ = "CZB_SEED=" + std::to_string(seed) + ", trial " + std::to_string(number) + ": ";
      const Clock::time_point trial_began = Clock::now();
      try {
        run_trial(dice, tree);
      } catch (const std::exception& error) {
        ADD_FAILURE() << error.what();
      }
      if (HasFailure()) {
        ADD_FAILURE() << story_;
        break;
      }
      std::cout << story_ << "; " << seconds_since(trial_began) << " s" << std::endl;
    }
    std::cout << count << " trials with seed " << seed << ": " << struck_ << " faults happened, " << mended_at_once_
              << " runs mended theirs at once; " << seconds_since(began) << " s\n";
  }

  void run_trial(Dice& dice, RandomTree& tree) {
    remember();
    change(dice, tree);
    const bool taken_before = dice.chance(20);
    if (taken_before) {
      EXPECT_THAT(backup_through(++day_, {}, snapshot_only), Exits(ok));
    }
    const RandomFault fault = random_fault(dice, log_);
    retries = dice.pick(std::vector<int>{0, 0, 1, 3});
    job_options = fault.job_options;
    fault_options = fault.target_options;
    if (dice.chance(25)) fault_options.push_back("parallel: 2");
    story_ += (taken_before ? "push only, " : "") + fault.description + ", retries: " + std::to_string(retries);
    for (const std::string& option : job_options + fault_options) story_ += ", " + option;

    const Tree before = tree_of(source);
    const bool loses_record = dice.chance(10);
    if (loses_record) {
      zfs({"inherit", base_property("offsite"), source});
      story_ += ", the record is lost";
    }
    std::filesystem::remove(log_);
    const Result result = backup_through(++day_, fault.links, taken_before ? push_only : Words{});
    EXPECT_THAT(result.status, ::testing::AnyOf(ok, failed, unreachable)) << result.text();
    expect_no_process_left();
    struck_ += has_struck(log_) ? 1 : 0;
    fault_options.clear();
    job_options.clear();
    remember();
    if (!loses_record && dice.chance(15)) {  // a run that is killed before it has recorded anything protects nothing
      stay_away(dice.between(3, 5));
    } else if (result.status == ok) {
      EXPECT_TRUE(agree()) << "the run with the fault said that all was well:\n" << result.text();
      mended_at_once_ += has_struck(log_) ? 1 : 0;
    } else {
      day_ = expect_agreement_after(day_);
    }
    if (HasFailure()) {
      ADD_FAILURE() << "the run with the fault said (status " << result.status << "):\n"
                    << result.text() << "its commands there:\n"
                    << read_file(log_);
      return;
    }
    expect_only_expired_are_gone(before);
    if (dice.chance(40)) expect_content(dice, tree);
  }

  // As long as the policy keeps anything.
  void stay_away(int days) {
    story_ += ", then away for " + std::to_string(days) + " days";
    Links links;
    links.target = faulty("fault: refuse, at-command: 0");
    retries = 0;
    for (; days > 0; --days) EXPECT_THAT(backup_through(++day_, links), Exits(unreachable));
    retries = 3;
    remember();
    day_ = expect_agreement_after(day_);
  }

  // Of the source; now and then also a backup that begins anew.
  void change(Dice& dice, RandomTree& tree) {
    if (dice.chance(6) && exists(target)) {
      zfs({"destroy", "-r", target});
      dropped.clear();
      story_ += "the target is gone; ";
    }
    Words gone;
    story_ += tree.change(dice, gone);
    if (gone.empty()) return;
    const Tree there = tree_of(target);
    for (const std::string& name : gone)
      if (const auto found = there.find(name); found != there.end()) dropped.insert(*found);
  }

  // At the source, and so, since both agree, at the target.
  void expect_only_expired_are_gone(const Tree& before) const {
    const Tree now = tree_of(source);
    for (const auto& [name, snapshots] : before) {
      ASSERT_EQ(now.count(name), 1U) << name;
      const Words& left = now.at(name);
      for (const std::string& snapshot : snapshots) {
        if (std::find(left.begin(), left.end(), snapshot) != left.end()) continue;
        const auto newer = std::count_if(left.begin(), left.end(), [&](const std::string& other) {
          return is_daily(other) && name_in(other) > name_in(snapshot);
        });
        EXPECT_TRUE(is_daily(snapshot) && static_cast<std::size_t>(newer) >= daily_kept)
            << source << "/" << name << "@" << snapshot << " is lost";
      }
    }
  }

  // Of one dataset: the source has not changed since its newest snapshot.
  void expect_content(Dice& dice, const RandomTree& tree) const {
    const bool volume = !tree.volumes().empty() && dice.chance(40);
    const std::string relative = dice.pick(volume ? tree.volumes() : tree.file_systems());
    const std::string dataset = target + (relative.empty() ? "" : "/" + relative);
    const std::string snapshot = dataset + "@" + snapshots_of(dataset).at("").back();
    const std::string key_root = key_.empty() ? "" : property("encryptionroot", dataset);
    if (!key_.empty()) zfs({"load-key", "-L", "file://" + key_, key_root});
    const bool same = volume ? read_volume_snapshot(snapshot) == read_volume(tree.full_name(relative))
                             : files_of_snapshot(snapshot) == RandomTree::files_in("/" + tree.full_name(relative));
    EXPECT_TRUE(same) << snapshot << " is not what the source holds";
    if (!key_.empty()) zfs({"unload-key", key_root});
  }

  std::string encryption_key() const {
    write_file(folder + "/key", "0123456789abcdef0123456789abcdef");
    return folder + "/key";
  }

  int day_ = 0;
  std::string key_;
  std::string story_;
  int struck_ = 0;
  int mended_at_once_ = 0;
  const std::string log_ = folder + "/log";
};

TEST_F(CutEverywhereTest, AfterAnyFaultOnASmallTreeTwoRunsAgreeAndNothingIsLost) {
  run_trials({{"a", "a/b"}, {}, ""}, 40);
}

TEST_F(CutEverywhereTest, AfterAnyFaultOnATreeWithVolumesTwoRunsAgreeAndNothingIsLost) {
  run_trials({{"a", "b"}, {"a/volume", "volume"}, ""}, 25);
}

TEST_F(CutEverywhereTest, AfterAnyFaultOnAnEncryptedTreeTwoRunsAgreeAndNothingIsLost) {
  run_trials({{"a", "a/b", "c"}, {}, encryption_key()}, 24);
}

TEST_F(CutEverywhereTest, AfterAnyFaultOnALargerEncryptedTreeWithVolumesTwoRunsAgreeAndNothingIsLost) {
  run_trials({{"a", "a/b", "a/b/c", "d", "d/e", "f"}, {"volume", "d/volume", "f/volume"}, encryption_key()}, 11);
}

// Without root on either side.
TEST_F(CutEverywhereTest, AfterAnyFaultBeforeAnAppendOnlyReceiverTwoRunsAgreeAndNothingIsLost) {
  run_trials({{"a", "a/b"}, {"volume"}, ""}, 15, "append-only");
}

TEST_F(CutEverywhereTest, AfterAnyFaultBeforeAMirroringReceiverTwoRunsAgreeAndNothingIsLost) {
  run_trials({{"a", "b"}, {"a/volume"}, "", false}, 15, "mirror");
}

TEST_F(CutEverywhereTest, AfterAnyFaultBeforeAReceiverOfAnEncryptedTreeTwoRunsAgreeAndNothingIsLost) {
  run_trials({{"a", "a/b"}, {"volume"}, encryption_key()}, 15, "append-only");
}

}  // namespace
}  // namespace czb::lab
