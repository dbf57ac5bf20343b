// SPDX-License-Identifier: MIT
// Trees that grew by what happens to real ones: recursive and single snapshots, new, renamed and vanished datasets,
// expiry and accidents on both sides, holds, bookmarks, pushes, and pushes that were cut off anywhere.
#pragma once

#include <rapidcheck.h>

#include <algorithm>
#include <optional>
#include <ostream>
#include <set>
#include <string>
#include <vector>

#include "config/config.h"
#include "zfs/inventory.h"

namespace czb::test {

// Names that sort between a dataset and its children are among them.
inline const std::vector<std::string> relative_names = {"", "a", "a b", "a-b", "a/c", "a/c/d", "b"};

struct Event {
  unsigned what;
  unsigned where;
  unsigned which;
};

inline void showValue(const Event& event, std::ostream& out) {
  out << event.what << "/" << event.where << "/" << event.which;
}

// Both sides, and what can happen to them.
struct World {
  static constexpr unsigned kinds_of_event = 32;

  Inventory source;
  Inventory target;
  std::uint64_t source_txg = 10;
  std::uint64_t target_txg = 1000;
  std::uint64_t next_guid = 1;
  bool lost_at_target = false;     // somebody destroyed snapshots there
  std::set<std::string> left_out;  // by the job, once all has happened

  World() {
    source.root = "tank";
    target.root = "far/tank";
    add_dataset("");
  }

  void add_dataset(const std::string& relative) {
    if (const auto parent = parent_of(relative); parent && source.find(*parent) == nullptr) return;
    Dataset dataset;
    dataset.createtxg = ++source_txg;
    source.datasets.try_emplace(relative, dataset);
  }

  static bool is_in(const std::string& name, const std::string& tree) { return name == tree || is_below(name, tree); }

  static void remove_tree(Inventory& side, const std::string& relative) {
    std::erase_if(side.datasets, [&](const auto& entry) { return is_in(entry.first, relative); });
  }

  void rename(const std::string& from, const std::string& to) {
    if (from.empty() || source.find(from) == nullptr || source.find(to) != nullptr || is_in(to, from)) return;
    if (source.find(parent_of(to).value_or("")) == nullptr) return;
    std::map<std::string, Dataset> renamed;
    for (auto& [name, dataset] : source.datasets)
      renamed[is_in(name, from) ? to + name.substr(from.size()) : name] = dataset;
    source.datasets = std::move(renamed);
  }

  void snapshot(Dataset& dataset, const std::string& name, std::uint64_t txg) {
    Snapshot taken;
    taken.name = name;
    taken.guid = next_guid++;
    taken.createtxg = txg;
    dataset.snapshots.push_back(taken);
  }

  void snapshot_all() {
    ++source_txg;
    for (auto& [relative, dataset] : source.datasets) snapshot(dataset, "t" + std::to_string(source_txg), source_txg);
  }

  void snapshot_alone(Dataset& dataset, std::uint64_t txg) { snapshot(dataset, "x" + std::to_string(txg), txg); }

  static void bookmark(Dataset& dataset, const Snapshot& snapshot) {
    for (const Bookmark& there : dataset.bookmarks)
      if (there.guid == snapshot.guid) return;
    dataset.bookmarks.push_back({"mark-" + snapshot.name, snapshot.guid, snapshot.createtxg});
    std::sort(dataset.bookmarks.begin(), dataset.bookmarks.end(),
              [](const Bookmark& a, const Bookmark& b) { return a.createtxg < b.createtxg; });
  }

  // What the dataset of the target would receive next from its newest common snapshot; nothing where it cannot.
  std::vector<Snapshot> receivable(const std::string& relative) const {
    const Dataset& here = *source.find(relative);
    const Dataset* there = target.find(relative);
    if (const auto parent = parent_of(relative); parent)
      if (const Dataset* above = target.find(*parent); above == nullptr || above->snapshots.empty()) return {};
    if (there == nullptr) return here.snapshots;
    const Snapshot* common = newest_common(here, *there);
    if (!there->resume_token.empty() || common == nullptr || there->newest()->guid != common->guid ||
        there->written > 0)
      return {};
    return {here.snapshots.begin() + (common - here.snapshots.data()) + 1, here.snapshots.end()};
  }

  Dataset& received_dataset(const std::string& relative) {
    auto [where, is_new] = target.datasets.try_emplace(relative);
    if (is_new) where->second.createtxg = ++target_txg;
    return where->second;
  }

  // At most `most` of them.
  void receive_one(const std::string& relative, std::size_t most) {
    std::vector<Snapshot> arriving = receivable(relative);
    arriving.resize(std::min(arriving.size(), most));
    if (arriving.empty()) return;
    Dataset& there = received_dataset(relative);
    for (Snapshot& snapshot : arriving) {
      snapshot.createtxg = ++target_txg;
      snapshot.holds = 0;
      snapshot.has_clones = false;
      there.snapshots.push_back(snapshot);
    }
  }

  // A receive of the datasets for which `arrives` holds, each from its own newest common snapshot.
  template <class Arrives>
  void receive(const Arrives& arrives) {
    for (const auto& [relative, here] : source.datasets)
      if (arrives(relative)) receive_one(relative, here.snapshots.size());
  }

  void receive_all() {
    receive([](const std::string&) { return true; });
  }

  // The next snapshot arrives in part. `how`: 0 and 1: the source cannot go on with it.
  void receive_in_part(const std::string& relative, unsigned how) {
    const std::vector<Snapshot> arriving = receivable(relative);
    if (arriving.empty()) return;
    Dataset& there = received_dataset(relative);
    PartialReceive partial;
    partial.to = source.full_name(relative) + "@" + arriving.front().name;
    partial.to_guid = arriving.front().guid;
    partial.from_guid = there.snapshots.empty() ? 0 : there.newest()->guid;
    if (how == 0) partial.problem = "cannot resume send";
    if (there.snapshots.empty()) there.written = 8192;
    there.resume_token = "1-" + std::to_string(partial.to_guid);
    if (how != 1) there.partial = partial;
  }

  static std::map<std::string, Dataset>::iterator pick_entry(Inventory& side, unsigned where) {
    auto found = side.datasets.begin();
    if (!side.datasets.empty()) std::advance(found, static_cast<std::ptrdiff_t>(where % side.datasets.size()));
    return found;
  }

  static Dataset* pick(Inventory& side, unsigned where) {
    const auto found = pick_entry(side, where);
    return found == side.datasets.end() ? nullptr : &found->second;
  }

  static Snapshot* pick(Inventory& side, unsigned where, unsigned which) {
    Dataset* dataset = pick(side, where);
    if (dataset == nullptr || dataset->snapshots.empty()) return nullptr;
    return &dataset->snapshots[which % dataset->snapshots.size()];
  }

  // Of every dataset of the side. What a partial receive builds on cannot be destroyed.
  static void drop(Inventory& side, const std::string& name) {
    for (auto& [relative, dataset] : side.datasets)
      std::erase_if(dataset.snapshots, [&](const Snapshot& s) {
        return s.name == name && s.holds == 0 && (!dataset.partial || dataset.partial->from_guid != s.guid) &&
               (dataset.resume_token.empty() || dataset.partial);
      });
  }

  // Somebody destroys what the target continues from; a bookmark of it stays.
  void lose_base(const std::string& relative, bool everywhere) {
    const Dataset* there = target.find(relative);
    Dataset& here = source.datasets.at(relative);
    const Snapshot* common = there == nullptr ? nullptr : newest_common(here, *there);
    if (common == nullptr) return;
    const std::string name = common->name;
    for (auto& [each, dataset] : source.datasets) {
      if (each != relative && !everywhere) continue;
      if (const Snapshot* snapshot = dataset.find_by_name(name)) bookmark(dataset, *snapshot);
      std::erase_if(dataset.snapshots, [&](const Snapshot& s) { return s.name == name; });
    }
  }

  void happen(const Event& event) {
    const std::string& relative = relative_names[event.where % relative_names.size()];
    const std::string& other = relative_names[event.which % relative_names.size()];
    Inventory& side = event.which % 2 == 0 ? source : target;
    switch (event.what % kinds_of_event) {
      case 0:
      case 1:
      case 2:
        return add_dataset(relative);
      case 3:
      case 4:
      case 5:
      case 6:
      case 7:
      case 8:
        return snapshot_all();
      case 9:
        if (Dataset* dataset = pick(source, event.where)) snapshot_alone(*dataset, ++source_txg);
        return;
      case 10:
      case 11:
      case 12:
      case 13:
      case 14:
        return receive_all();
      case 15:
        return receive([&](const std::string& name) { return name <= relative; });
      case 16:
      case 17:
      case 18:
        // Expiry spares the newest; an accident need not.
        if (Dataset* dataset = pick(source, event.where); dataset != nullptr && dataset->snapshots.size() > 1)
          drop(source, std::string(dataset->snapshots[event.which % (dataset->snapshots.size() - 1)].name));
        return;
      case 19:
        if (Dataset* dataset = pick(source, event.where); dataset != nullptr && !dataset->snapshots.empty())
          dataset->snapshots.erase(dataset->snapshots.begin());
        return;
      case 20:
        if (Snapshot* s = pick(side, event.where, event.which / 4)) {
          s->holds += event.which % 4 < 2 ? 1U : 0U;
          s->has_clones |= event.which % 4 >= 2;
        }
        return;
      case 21:
        if (!relative.empty()) remove_tree(source, relative);
        return;
      case 22:
        if (Snapshot* s = pick(target, event.where, event.which)) {
          lost_at_target = true;
          drop(target, std::string(s->name));
        }
        return;
      case 23:
        if (Dataset* dataset = pick(target, event.where); dataset != nullptr && event.which % 8 == 0)
          snapshot_alone(*dataset, ++target_txg);
        return;
      case 24:
      case 25:
        return receive_one(pick_entry(source, event.where)->first, event.which % 4);
      case 26:
      case 27:
        return receive_in_part(pick_entry(source, event.where)->first, event.which % 8);
      case 28:
        return lose_base(pick_entry(source, event.where)->first, event.which % 2 == 0);
      case 29:
        return rename(relative, other);
      case 30:
        if (!relative.empty() && event.which % 4 == 0) left_out.insert(relative);
        return;
      default:
        if (Dataset* dataset = pick(target, event.where);
            dataset != nullptr && dataset->resume_token.empty() && event.which % 4 == 0)
          dataset->written = 512;
    }
  }

  // The job's selection takes effect.
  void leave_out() {
    for (auto it = source.datasets.begin(); it != source.datasets.end();) {
      const auto next = std::next(it);
      if (std::any_of(left_out.begin(), left_out.end(),
                      [&](const std::string& tree) { return is_in(it->first, tree); }))
        source.excluded.insert(source.datasets.extract(it));
      it = next;
    }
  }
};

inline World world_after(const std::vector<Event>& history) {
  World world;
  for (const Event& event : history) world.happen(event);
  world.leave_out();
  return world;
}

inline rc::Gen<std::vector<Event>> any_history() {
  const auto event = rc::gen::apply(
      [](unsigned what, unsigned where, unsigned which) {
        return Event{what, where, which};
      },
      rc::gen::inRange(0U, World::kinds_of_event), rc::gen::inRange(0U, 42U), rc::gen::inRange(0U, 64U));
  return rc::gen::scale(1.5, rc::gen::container<std::vector<Event>>(event));
}

inline World any_world() { return world_after(*any_history()); }

// One in which both sides have data.
inline World any_pushed_world() {
  World world = any_world();
  world.snapshot_all();
  world.receive_all();
  return world;
}

inline TargetConfig any_config() {
  TargetConfig config;
  config.name = "far";
  config.dataset = "far/tank";
  config.mirror = *rc::gen::element(Mirror::exact, Mirror::ours, Mirror::off);
  config.destroy_limit_percent = *rc::gen::element(0U, 25U, 100U);
  config.parallel = *rc::gen::element(1U, 4U);
  config.on_divergence = *rc::gen::element(OnDivergence::abort, OnDivergence::rollback);
  config.on_source_gone = *rc::gen::element(OnSourceGone::keep, OnSourceGone::destroy);
  return config;
}

}  // namespace czb::test
