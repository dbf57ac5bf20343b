// SPDX-License-Identifier: MIT
#include <algorithm>
#include <utility>
#include <vector>

#include "libzfs/trial.h"

namespace czb::libzfs {
namespace {

using receiver::PackedDataset;
using receiver::PackedProperties;
using receiver::PackedSnapshot;

class Attacker {
 public:
  Attacker(Random& random, Trial& trial) : random_(random), trial_(trial), sender_(trial.world.sender) {}

  bool run(Attack attack) {
    if (attack == Attack::promoted) return promote();
    const SentDataset* const victim = some_victim(attack != Attack::renamed);
    if (victim == nullptr) return false;
    victim_ = *victim;
    switch (attack) {
      case Attack::inherits:
        return take_root();
      case Attack::renamed:
        return rename();
      case Attack::two_sessions:
        return two_sessions();
      case Attack::copy:
        return copy();
      case Attack::dataset_guid:
        return dataset_guid();
      case Attack::promoted:
      case Attack::none:
        break;
    }
    return false;
  }

 private:
  const SentDataset* some_victim(bool nested_root) const {
    std::vector<const SentDataset*> all;
    for (const SentDataset& each : sender_) {
      const bool is_nested_root = each.is_encryption_root && each.origin == 0 && sender_.front().is_encrypted;
      if (!each.relative.empty() && !each.snapshots.empty() && (is_nested_root || !nested_root)) all.push_back(&each);
    }
    return all.empty() ? nullptr : all[random_.below(all.size())];
  }

  Session tree(unsigned number) { return genuine_session(random_, trial_.world, number, Kind::tree, ""); }

  Guid newest_of_victim() const {
    return std::find_if(sender_.begin(), sender_.end(),
                        [&](const auto& each) { return each.relative == victim_.relative; })
        ->snapshots.back()
        .second;
  }

  static PackedDataset absent(const std::string& to, Guid guid) {
    PackedDataset dataset;
    dataset.id = "0xa77ac";
    dataset.relative = "z";
    dataset.properties.emplace();
    dataset.snapshots.push_back({to, guid, PackedProperties()});
    return dataset;
  }

  static PackedDataset& entry(Session& session, const std::string& relative) {
    auto& datasets = session.package->datasets;
    return *std::find_if(datasets.begin(), datasets.end(), [&](const auto& each) { return each.relative == relative; });
  }

  static void forget_base(receiver::Package& package) {
    package.from.reset();
    for (PackedDataset& each : package.datasets) each.parent_from = 0;
  }

  // 2.1 goes by the entries, the last decides; 2.3 by the first that lists the first snapshot of what is here. Listed
  // twice, or instead of where it belongs.
  bool take_root() {
    Session session = tree(1);
    receiver::Package& package = *session.package;
    if (random_.chance(50)) forget_base(package);
    const bool is_last = random_.chance(50);
    const Guid guid = is_last ? newest_of_victim() : victim_.snapshots.front().second;
    if (random_.chance(50))
      std::erase_if(entry(session, victim_.relative).snapshots,
                    [&](const PackedSnapshot& each) { return each.guid == guid; });
    package.datasets.insert(is_last ? package.datasets.end() : package.datasets.begin(), absent(package.to, guid));
    trial_.sessions.push_back(std::move(session));
    return true;
  }

  bool rename() {
    Session session = tree(1);
    receiver::Package& package = *session.package;
    if (!package.from) return false;
    PackedDataset added = absent(package.to, newest_of_victim());
    added.parent_from = entry(session, victim_.relative).parent_from;
    package.datasets.insert(package.datasets.begin() + 1, std::move(added));
    trial_.sessions.push_back(std::move(session));
    return true;
  }

  bool promote() {
    const bool has_clone =
        std::any_of(sender_.begin(), sender_.end(), [](const auto& each) { return each.origin != 0; });
    if (!has_clone) return false;
    Session session = tree(1);
    for (PackedDataset& each : session.package->datasets) each.origin = 0;
    trial_.sessions.push_back(std::move(session));
    return true;
  }

  bool dataset_guid() {
    Session session = tree(1);
    receiver::Package& package = *session.package;
    const Guid guid = trial_.world.pool.find(root + "/" + victim_.relative)->guid;
    session.streams.push_back({"tank/s/z", package.to, guid, 0, false, false, victim_.key});
    package.datasets.push_back(absent(package.to, guid));
    trial_.sessions.push_back(std::move(session));
    return true;
  }

  bool two_sessions() {
    std::vector<std::string> others;
    for (const SentDataset& each : sender_)
      if (each.relative != victim_.relative && each.is_encrypted && !each.snapshots.empty())
        others.push_back(each.relative);
    if (others.empty()) return false;
    trial_.turns = Turns::at_once;
    trial_.sessions.push_back(genuine_session(random_, trial_.world, 1, Kind::single, random_.any_of(others)));
    trial_.sessions.push_back(genuine_session(random_, trial_.world, 2, Kind::plain, victim_.relative));
    trial_.sessions[1].streams.front().raw_key = victim_.key;
    auto& listed = trial_.sessions[0].package->datasets.front().snapshots;
    listed.insert(listed.begin(), {"0", newest_of_victim(), PackedProperties()});
    return true;
  }

  bool copy() {
    trial_.turns = Turns::one_after_the_other;
    const Guid guid = victim_.snapshots.front().second;
    Session first;
    first.dataset = root + "/z";
    first.top = "tank/s/z";
    first.streams.push_back({"tank/s/z", "1", guid, 0, false, false, victim_.key});
    trial_.sessions.push_back(std::move(first));
    Session second = tree(2);
    receiver::Package& package = *second.package;
    forget_base(package);
    std::erase_if(package.datasets, [&](const auto& each) { return each.relative == victim_.relative; });
    const std::string name = "tank/s/" + victim_.relative;
    std::erase_if(second.streams, [&](const Stream& each) { return each.dataset == name; });
    PackedDataset copied = absent("1", guid);
    copied.snapshots.push_back({package.to, trial_.world.next_sent_guid++, PackedProperties()});
    second.streams.push_back({"tank/s/z", package.to, copied.snapshots[1].guid, guid, false, false, victim_.key});
    package.datasets.push_back(std::move(copied));
    trial_.sessions.push_back(std::move(second));
    return true;
  }

  Random& random_;
  Trial& trial_;
  std::vector<SentDataset>& sender_;
  SentDataset victim_;
};

}  // namespace

void make_attack(Random& random, Trial& trial, Attack attack) {
  if (Attacker(random, trial).run(attack))
    trial.attack = attack;
  else
    trial.sessions.clear();
}

}  // namespace czb::libzfs
