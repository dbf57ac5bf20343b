// SPDX-License-Identifier: MIT
// Random sequences of what can happen to a tree and its backup, done to real ZFS and to the model of tests/model.
// CZB_SEED and CZB_SEQUENCES come from the environment.
#include "model_differential.h"

#include <iostream>
#include <random>

namespace czb::lab {
namespace {

class RandomSequence {
 public:
  RandomSequence(const std::string& name, const std::string& folder, std::uint64_t seed)
      : source_("zippy/" + name),
        parent_(seed % 3 == 0 ? "offsite/" + name : "offsite"),
        target_(parent_ + (seed % 3 == 0 ? "/t" : "/" + name)),
        random_(seed),
        both_(source_, target_, folder, seed) {
    encrypted_ = below(3) == 0;
    key_ = folder + "/key";
    if (below_encrypted() && !encrypted_ && below(2) == 0) flags_ = {"-L", "-c"};
  }

  void carry_out(std::size_t steps) {
    write_file(key_, "0123456789abcdef0123456789abcdef");
    if (below_encrypted()) create(parent_, true);
    create(source_, encrypted_);
    create(source_ + "/a", false);
    create(source_ + "/b", encrypted_ && below(2) == 0);
    create(source_ + "/a/x", false);
    snapshot();
    both_.compare();
    if (below(4) != 0) both_.transfer(replicate("", newest(source_)), receive(target_), below(3) == 0 ? number() : -1);
    both_.compare();
    for (std::size_t i = 0; i < steps && !both_.at_end(); ++i) {
      step();
      both_.compare();
    }
  }

  const BothZfs& both() const { return both_; }

 private:
  std::size_t below(std::size_t limit) { return limit == 0 ? 0 : random_() % limit; }
  int number() { return static_cast<int>(below(12)); }
  int maybe_cut() { return below(3) == 0 ? number() : -1; }
  const std::string& any(const Words& words) { return words[below(words.size())]; }

  Words datasets(const std::string& root) const {
    Words names;
    for (const std::string& name : both_.model().names())
      if (name == root || name.rfind(root + "/", 0) == 0) names.push_back(name);
    return names;
  }
  Words snapshots(const std::string& dataset) const {
    Words names;
    if (const model::DatasetState* found = both_.model().find(dataset))
      for (const model::SnapshotState& snapshot : found->snapshots) names.push_back(snapshot.name);
    return names;
  }
  std::string newest(const std::string& dataset) const {
    const Words names = snapshots(dataset);
    return names.empty() ? "none" : names.back();
  }
  // The newest in common most of the time, as a push would take; any one otherwise.
  std::string base(const std::string& dataset) {
    const model::DatasetState* here = both_.model().find(dataset);
    const model::DatasetState* there = both_.model().find(on_target(dataset));
    if (below(4) != 0 && there != nullptr)
      for (auto i = here->snapshots.rbegin(); i != here->snapshots.rend(); ++i)
        for (const model::SnapshotState& other : there->snapshots)
          if (other.guid == i->guid) return i->name;
    const Words names = snapshots(dataset);
    return names.empty() ? "none" : any(names);
  }
  std::string on_target(const std::string& dataset) const { return target_ + dataset.substr(source_.size()); }
  std::string any_tree() { return below(2) == 0 || datasets(target_).empty() ? source_ : target_; }

  bool below_encrypted() const { return parent_ != "offsite"; }
  // Raw and with embedded blocks; without them where that was chosen.
  const Words& flags() { return below_encrypted() && !encrypted_ && below(8) == 0 ? other_flags_ : flags_; }

  Words replicate(const std::string& from, const std::string& to, const std::string& root) {
    Words send = Words{"zfs", "send", "-R", "-P"} + flags();
    if (!from.empty()) send = send + Words{"-I", "@" + from};
    return send + Words{root + "@" + to};
  }
  Words replicate(const std::string& from, const std::string& to) { return replicate(from, to, source_); }
  Words receive(const std::string& dataset) {
    const bool leaves_out_encryption = below_encrypted() && below(4) != 0;
    return Words{"zfs", "receive", "-s", "-u"} + (leaves_out_encryption ? Words{"-x", "encryption"} : Words{}) +
           Words{dataset};
  }

  void create(const std::string& name, bool key) {
    Words words = {"zfs", "create"};
    if (key) words = words + Words{"-o", "encryption=on", "-o", "keyformat=raw", "-o", "keylocation=file://" + key_};
    if (!key && name.size() > source_.size() + 2 && below(5) == 0) words = words + Words{"-s", "-V", "1M"};
    both_.command(words + Words{name});
  }

  void write_all() {
    for (const std::string& name : datasets(source_))
      if (below(4) != 0) both_.write(name, random_());
  }

  void snapshot() {
    write_all();
    const std::string name = "s" + std::to_string(++snapshots_taken_);
    if (below(5) != 0) {
      both_.command({"zfs", "snapshot", "-r", source_ + "@" + name});
    } else {
      both_.command({"zfs", "snapshot", any(datasets(any_tree())) + "@" + (below(3) == 0 ? "same" : name)});
    }
  }

  void send_tree() {
    if (both_.model().find(target_) == nullptr || below(8) == 0)
      both_.transfer(replicate("", newest(source_)), receive(target_), maybe_cut());
    else
      both_.transfer(replicate(base(source_), below(4) == 0 ? any_snapshot(source_) : newest(source_)),
                     receive(target_), maybe_cut());
  }

  std::string any_snapshot(const std::string& dataset) {
    const Words names = snapshots(dataset);
    return names.empty() ? "none" : any(names);
  }

  void send_dataset() {
    const std::string dataset = any(datasets(source_));
    const model::DatasetState& here = *both_.model().find(dataset);
    Words send = Words{"zfs", "send", "-P", "-p"} + flags();
    std::string to = below(4) == 0 ? any_snapshot(dataset) : newest(dataset);
    if (both_.model().find(on_target(dataset)) == nullptr && below(4) != 0) {
      if (here.origin != 0 && below(4) != 0)
        send = send + Words{"-i", both_.model().origin(dataset)};
      else if (!here.snapshots.empty() && below(2) == 0)
        to = here.snapshots.front().name;
    } else if (!here.bookmarks.empty() && below(3) == 0) {
      send = send + Words{"-i", dataset + "#" + here.bookmarks.begin()->first};
    } else {
      send = send + Words{below(4) == 0 ? "-i" : "-I", "@" + base(dataset)};
    }
    both_.transfer(send + Words{dataset + "@" + to}, receive(on_target(dataset)), maybe_cut());
  }

  void finish_partial() {
    Words partial;
    for (const std::string& name : datasets(target_))
      if (both_.model().find(name)->partial) partial.push_back(name);
    if (partial.empty()) return send_tree();
    if (below(3) == 0)
      both_.command({"zfs", "receive", "-A", below(5) == 0 ? any(datasets(target_)) : any(partial)});
    else
      both_.resume(any(partial), maybe_cut());
  }

  void destroy_snapshots() {
    const std::string dataset = any(datasets(any_tree()));
    std::string names = any_snapshot(dataset);
    if (below(3) == 0) names += "," + any_snapshot(dataset);
    Words words = {"zfs", "destroy"};
    if (below(3) == 0) words.emplace_back("-r");
    both_.command(words + Words{dataset + "@" + names});
  }

  void rename() {
    const std::string root = below(5) == 0 ? any_tree() : source_;
    const Words names = datasets(root);
    const std::string from = any(names);
    const std::string below_what = below(3) == 0 ? any(names) : from.substr(0, from.rfind('/'));
    if (from == root) return snapshot();
    both_.command({"zfs", "rename", from, below_what + "/r" + std::to_string(++renames_)});
  }

  void clone_or_promote() {
    if (encrypted_) return snapshot();
    const Words names = datasets(source_);
    for (const std::string& name : names)
      if (both_.model().find(name)->origin != 0 && below(2) == 0) {
        both_.command({"zfs", "promote", name});
        return;
      }
    const std::string from = any(names);
    both_.command({"zfs", "clone", from + "@" + any_snapshot(from),
                   (below(3) == 0 ? any(names) : source_) + "/c" + std::to_string(++renames_)});
  }

  void hold_or_release() {
    const std::string dataset = any(datasets(any_tree()));
    both_.command({"zfs", below(2) == 0 ? "hold" : "release", "tag", dataset + "@" + any_snapshot(dataset)});
  }

  void bookmark() {
    const std::string dataset = any(datasets(source_));
    both_.command(
        {"zfs", "bookmark", dataset + "@" + any_snapshot(dataset), dataset + "#m" + std::to_string(below(3))});
  }

  void rollback() {
    const std::string dataset = any(datasets(any_tree()));
    both_.command({"zfs", "rollback", dataset + "@" + (below(4) == 0 ? any_snapshot(dataset) : newest(dataset))});
  }

  void step() {
    const std::size_t what = below(100);
    if (what < 20) return snapshot();
    if (what < 40) return send_tree();
    if (what < 55) return send_dataset();
    if (what < 65) return finish_partial();
    if (what < 73) return destroy_snapshots();
    if (what < 78) return rename();
    if (what < 84) return clone_or_promote();
    if (what < 87) return hold_or_release();
    if (what < 90) return bookmark();
    if (what < 93) return rollback();
    if (what < 96)
      return create(any(datasets(source_)) + "/n" + std::to_string(++renames_), encrypted_ && below(3) == 0);
    if (what < 98) {
      const std::string dataset = any(datasets(source_));
      both_.command({"zfs", "set", "czb:p=" + std::to_string(++renames_), dataset});
      return;
    }
    const std::string dataset = any(datasets(below(3) == 0 ? any_tree() : source_));
    if (dataset != source_) both_.command({"zfs", "destroy", "-r", dataset});
  }

  std::string source_;
  std::string parent_;  // of the target; a pool, or an encrypted dataset
  std::string target_;
  std::string key_;
  Words flags_ = {"-w", "-L", "-c", "-e"};
  const Words other_flags_ = {"-L", "-c", "-e"};
  bool encrypted_ = false;
  int snapshots_taken_ = 0;
  int renames_ = 0;
  std::mt19937_64 random_;
  BothZfs both_;
};

class ModelDifferentialTest : public LabTest {};

TEST_F(ModelDifferentialTest, TheModelDoesWhatZfsDoes) {
  const std::uint64_t seed = from_environment("CZB_SEED", 1);
  const std::uint64_t trials = from_environment("CZB_SEQUENCES", 2);
  const std::uint64_t steps = from_environment("CZB_STEPS", 20);
  for (std::uint64_t trial = 0; trial < trials; ++trial) {
    std::cout << "CZB_SEED=" << seed + trial << " CZB_SEQUENCES=1" << std::endl;
    RandomSequence sequence(source.substr(source.find('/') + 1) + "-" + std::to_string(seed + trial), folder,
                            seed + trial);
    try {
      sequence.carry_out(steps);
    } catch (const Divergence& divergence) {
      ADD_FAILURE() << "CZB_SEED=" << seed + trial << "\n" << divergence.what();
      continue;
    }
    std::cout << "    " << sequence.both().received() << " received, " << sequence.both().refused() << " refused"
              << std::endl;
  }
}

}  // namespace
}  // namespace czb::lab
