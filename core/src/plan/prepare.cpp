// SPDX-License-Identifier: MIT
#include "plan/prepare.h"

#include <algorithm>
#include <deque>
#include <optional>
#include <utility>

#include "plan/force_advice.h"
#include "plan/position.h"
#include "plan/predict.h"
#include "plan/renames.h"
#include "plan/snapshot_names.h"
#include "plan/spared.h"

namespace czb {
namespace {

class Preparer {
 public:
  Preparer(const Inventory& source, const Inventory& target, const TargetConfig& config, bool force_destroy_lots,
           const std::map<std::string, LeftAlone>& left_alone, bool rename_singly)
      : source_(source),
        target_(target),
        config_(config),
        force_(force_destroy_lots),
        left_alone_(left_alone),
        rename_singly_(rename_singly) {}

  Preparation run() {
    // Where nothing can be sent to the root, it is probably the wrong target, and what lies there somebody else's.
    if (left_alone_.count("") == 0) {
      give_up_hopeless_receive("");
      give_up_own_changes("");
    }
    if (target_.exists() && position_of(source_, now(), "").obstacle != Obstacle::none) return std::move(result_);
    // First what an unfinished first receive has made: a dataset renamed into it would be in its way.
    for (const auto& [relative, here] : source_.datasets)
      if (const Dataset* there = now().find(relative); there != nullptr && there->snapshots.empty())
        give_up_hopeless_receive(relative);
    if (allows_changes(target_.receiver)) {
      follow_renames();
      for (bool moved = true; moved;) {  // one promotion can be in the way of another
        moved = false;
        for (const auto& [relative, here] : source_.datasets) moved |= follow_promotion(relative, here);
      }
    }
    for (const auto& [relative, here] : source_.datasets) {
      if (left_alone_.count(relative) != 0) continue;
      give_up_hopeless_receive(relative);
      if (!relative.empty()) give_up_own_changes(relative);
      free_names(relative, here);
    }
    follow_new_names();
    return std::move(result_);
  }

 private:
  using Rename = std::pair<std::string, std::string>;  // of a snapshot: from, to

  const Inventory& now() const { return result_.target ? *result_.target : target_; }

  template <typename TargetStep>
  void add(const std::string& relative, TargetStep step, std::string why) {
    if (!result_.target) result_.target = target_;
    predict(step, *result_.target);
    result_.steps.push_back({relative, std::move(step), std::move(why)});
  }

  // The source has it under a name that the target lacks, and the target has its snapshots under one that means another
  // dataset now, or none.
  void follow_renames() {
    for (bool moved = true; moved;) {
      moved = false;
      for (const auto& [relative, here] : source_.datasets) {
        if (relative.empty() || left_alone_.count(relative) != 0 || here.snapshots.empty()) continue;
        moved |= now().find(relative) == nullptr ? follow_rename(relative) : make_room(relative);
      }
    }
  }

  bool follow_rename(const std::string& relative) {
    if (now().find(*parent_of(relative)) == nullptr) return false;  // not before its parent has been sent
    const std::optional<std::string> name = name_before_rename(source_, now(), relative);
    if (!name) return false;
    const std::string from = now().full_name(*name);
    if (const std::optional<std::string> wrong = wrong_after_rename(*name, relative)) {
      result_.blocked[relative] = {from + " was renamed to " + source_.full_name(relative) +
                                       " at the source and keeps its name at the target: " + *wrong,
                                   ExitCode::needs_person};
      return false;
    }
    const std::string& encryption_root = now().find(*name)->encryption_root;
    if (!encryption_root.empty() && encryption_root != from &&
        encryption_root != now().find(*parent_of(relative))->encryption_root) {
      result_.blocked[relative] = {from + " was renamed to " + source_.full_name(relative) +
                                       " at the source, and zfs rename does not take it out of its encryption root " +
                                       encryption_root + ". " + out_of_encryption_root(from, encryption_root),
                                   ExitCode::needs_person};
      return false;
    }
    add(relative, RenameDataset{from, now().full_name(relative)}, "renamed at the source");
    return true;
  }

  std::string out_of_encryption_root(const std::string& from, const std::string& encryption_root) const {
    if (relative_name(encryption_root, now().root))
      return "Give it a key of its own there: zfs load-key " + encryption_root +
             ", then zfs change-key -o keyformat=passphrase " + from + "; the next push renames it";
    return "Rename it there (zfs rename) to a name outside of " + now().root + " and below " + encryption_root +
           "; the next push sends it in full";
  }

  // zfs rename fails as a whole where one dataset below could not have its new name.
  std::optional<std::string> wrong_after_rename(const std::string& from, const std::string& to) const {
    for (const auto& [relative, there] : now().datasets)
      if (relative == from || is_below(relative, from))
        if (auto wrong = name_error(now().full_name(to) + relative.substr(from.size()), there, nullptr)) return wrong;
    return std::nullopt;
  }

  // Datasets that have changed places: one of them has to go aside first.
  bool make_room(const std::string& relative) {
    const Dataset* there = now().find(relative);
    if (!is_misplaced(source_, now(), relative)) return false;
    for (const auto& [name, here] : source_.datasets) {
      const Dataset* taken = now().find(name);
      if (name == relative || taken == nullptr || newest_common(here, *there) == nullptr) continue;
      if (!is_misplaced(source_, now(), name)) continue;
      const std::string aside = relative + ".moved";
      if (now().find(aside) != nullptr || source_.find(aside) != nullptr) return false;
      add(relative, RenameDataset{now().full_name(relative), now().full_name(aside)},
          "has changed places at the source");
      return true;
    }
    return false;
  }

  // zfs promote turned clone and origin round: the shared snapshots are the clone's now.
  bool follow_promotion(const std::string& relative, const Dataset& here) {
    if (left_alone_.count(relative) != 0) return false;
    const Dataset* there = now().find(relative);
    if (there == nullptr || there->origin.empty()) return false;
    const std::size_t at = there->origin.find('@');
    const std::optional<std::string> origin = relative_name(there->origin.substr(0, at), now().root);
    const Dataset* origin_there = origin ? now().find(*origin) : nullptr;
    if (origin_there == nullptr) return false;
    const Snapshot* shared = origin_there->find_by_name(there->origin.substr(at + 1));
    if (shared == nullptr || here.find_by_guid(shared->guid) == nullptr) return false;
    const Dataset* origin_here = source_.find(*origin);
    if (origin_here != nullptr && origin_here->find_by_guid(shared->guid) != nullptr) return false;
    // Else it is another dataset under this name: perhaps the origin itself, renamed once the clone was gone.
    const Position position = position_of(source_, now(), relative);
    if (position.common == nullptr && position.bookmark == nullptr) return false;
    add(relative, PromoteDataset{now().full_name(relative)}, "promoted at the source");
    return true;
  }

  void give_up_hopeless_receive(const std::string& relative) {
    const Dataset* there = now().find(relative);
    if (there == nullptr || there->resume_token.empty() || left_alone_.count(relative) != 0) return;
    if (finishes_with(source_, relative, *there) != nullptr) return;
    if (relative.empty() && there->snapshots.empty()) result_.full_was_begun = true;
    add(relative, AbortReceive{now().full_name(relative)},
        "the source cannot finish the interrupted receive" +
            (there->partial && !there->partial->problem.empty() ? " (" + there->partial->problem + ")" : ""));
  }

  void give_up_own_changes(const std::string& relative) {
    if (config_.on_divergence != OnDivergence::rollback) return;
    const Position position = position_of(source_, now(), relative);
    if (position.obstacle != Obstacle::diverged && position.obstacle != Obstacle::modified) return;
    const std::string name = now().full_name(relative);
    if (!allows_changes(target_.receiver)) {
      result_.refusals.push_back(
          name + " is as it is in spite of 'on-divergence: rollback': " + receiver_forbids(target_.receiver));
      return;
    }
    const Snapshot* common = position.obstacle == Obstacle::modified
                                 ? position.there->newest()
                                 : position.there->find_by_guid(position.common->guid);
    DestroySnapshots destroy;
    destroy.side = Side::target;
    destroy.root = now().root;
    destroy.relative = relative;
    for (const Snapshot& snapshot : position.there->snapshots) {
      if (snapshot.createtxg <= common->createtxg) continue;
      if (const char* obstacle = destroy_obstacle(snapshot)) {
        result_.refusals.push_back(name + "@" + snapshot.name +
                                   " would have to go for 'on-divergence: rollback', and " + obstacle);
        return;
      }
      destroy.names.push_back(snapshot.name);
    }
    destroy.count = destroy.names.size();
    const std::size_t of = position.there->snapshots.size();
    if (!force_ && destroy.count * 100 > of * config_.destroy_limit_percent) {
      result_.refusals.push_back(name + ": " + std::to_string(destroy.count) + " of its " + std::to_string(of) +
                                 " snapshots would have to go for 'on-divergence: rollback', which is more than " +
                                 std::to_string(config_.destroy_limit_percent) + " %. " +
                                 advice_on_force(config_.others));
      return;
    }
    const std::string to = common->name;
    if (destroy.count > 0) add(relative, destroy, "the target's own snapshots, newer than @" + to);
    add(relative, RollBack{name, to}, "changed at the target since @" + to);
  }

  // Somebody's @latest, which is another one every day; or names that go round. What has been destroyed at the source
  // goes first where others come to have its name: the mirror would destroy it afterwards anyway. No restricted
  // receiver destroys it, for its name is hardly one of ours, and none renames.
  void free_names(const std::string& relative, const Dataset& here) {
    const Position position = position_of(source_, now(), relative);
    if (position.there == nullptr || position.common == nullptr) return;
    const Dataset& there = *position.there;
    if (!allows_changes(target_.receiver)) {
      for (const Snapshot* old : bearing_names_to_come(here, there, *position.common))
        return block_by(relative, *old, receiver_forbids(target_.receiver));
      return;
    }
    const NewNames names = new_names(here, there, *position.common);
    DestroySnapshots destroy;
    destroy.side = Side::target;
    destroy.root = now().root;
    destroy.relative = relative;
    for (const Snapshot* old : names.in_the_way) {
      if (const char* held = destroy_obstacle(*old)) return block_by(relative, *old, held);
      if (is_anywhere(old->guid)) return block_by(relative, *old, "the source has it in another dataset now");
      if (config_.mirror != Mirror::exact)
        return block_by(relative, *old,
                        "'mirror' leaves it there though it is gone from the source. Rename it there (zfs rename)");
      destroy.names.push_back(old->name);
    }
    destroy.count = destroy.names.size();
    if (!force_ && destroy.count * 100 > there.snapshots.size() * config_.destroy_limit_percent)
      return block(relative,
                   now().full_name(relative) + ": " + std::to_string(destroy.count) + " of its " +
                       std::to_string(there.snapshots.size()) +
                       " snapshots are in the way of others that bear their names at the source now, which is "
                       "more than " +
                       std::to_string(config_.destroy_limit_percent) + " %. " + advice_on_force(config_.others));
    if (!names.renames.empty()) renames_[relative].assign(names.renames.begin(), names.renames.end());
    if (!destroy.names.empty()) add(relative, destroy, "the source has others of these names now");
  }

  // What was renamed in the whole tree is renamed in it by one command; as zfs does all of that or nothing, each by
  // itself where it has failed.
  void follow_new_names() {
    std::deque<Rename> of_root;
    if (const auto root = renames_.find(""); root != renames_.end()) of_root = root->second;
    for (const Rename& rename : of_root) {
      const bool all =
          !rename_singly_ && std::all_of(now().datasets.begin(), now().datasets.end(), [&](const auto& entry) {
            if (entry.second.find_by_name(rename.first) == nullptr) return true;
            const auto wanted = renames_.find(entry.first);
            return wanted != renames_.end() && !wanted->second.empty() && wanted->second.front() == rename;
          });
      std::size_t in = 0;
      for (auto& [relative, wanted] : renames_)
        if ((relative.empty() || all) && !wanted.empty() && wanted.front() == rename) {
          wanted.pop_front();
          ++in;
        }
      add_rename("", rename, in > 1);
    }
    for (const auto& [relative, wanted] : renames_)
      for (const Rename& rename : wanted) add_rename(relative, rename, false);
  }

  void add_rename(const std::string& relative, const Rename& rename, bool recursive) {
    add(relative, RenameSnapshot{now().full_name(relative), rename.first, rename.second, recursive},
        "@" + rename.first + " has another name at the source");
  }

  bool is_anywhere(std::uint64_t guid) const {
    return std::any_of(source_.datasets.begin(), source_.datasets.end(),
                       [&](const auto& entry) { return entry.second.find_by_guid(guid) != nullptr; });
  }

  void block_by(const std::string& relative, const Snapshot& old, const std::string& why) {
    block(relative, now().full_name(relative) + "@" + old.name + " is in the way of another of that name, and " + why);
  }

  void block(const std::string& relative, const std::string& why) {
    result_.blocked[relative] = {why, ExitCode::refused};
  }

  const Inventory& source_;
  const Inventory& target_;
  const TargetConfig& config_;
  const bool force_;
  const std::map<std::string, LeftAlone>& left_alone_;
  const bool rename_singly_;
  std::map<std::string, std::deque<Rename>> renames_;  // relative name → those of its snapshots, in order
  Preparation result_;
};

}  // namespace

Preparation plan_preparation(const Inventory& source, const Inventory& target, const TargetConfig& config,
                             bool force_destroy_lots, const std::map<std::string, LeftAlone>& left_alone,
                             bool rename_singly) {
  return Preparer(source, target, config, force_destroy_lots, left_alone, rename_singly).run();
}

}  // namespace czb
