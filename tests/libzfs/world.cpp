// SPDX-License-Identifier: MIT
#include "libzfs/world.h"

#include <algorithm>
#include <string_view>

namespace czb::libzfs {
namespace {

class Maker {
 public:
  explicit Maker(Random& random) : random_(random), encrypted_(random.below(3)) {}

  World make(bool with_clone) {
    world_.pool.next_guid = 100;
    add("offsite", false);
    const bool is_here = random_.chance(92);
    if (is_here) add_tree();
    if (is_here && with_clone) add_clone_to_promote();
    if (random_.chance(50)) add_other();
    if (is_here && random_.chance(15)) copy(root, any_in_root().name);
    for (std::size_t i = world_.pool.datasets.size(); i > 1; --i)
      std::swap(world_.pool.datasets[i - 1], world_.pool.datasets[random_.below(i)]);
    make_sender(is_here);
    if (random_.chance(60)) world_.key_files = key_files_of(pool(), root);
    return std::move(world_);
  }

 private:
  Pool& pool() { return world_.pool; }

  Dataset& any_in_root() {
    for (;;) {
      Dataset& dataset = random_.any_of(pool().datasets);
      if (dataset.name == root || is_below(dataset.name, root)) return dataset;
    }
  }

  void add(const std::string& name, bool with_snapshots = true) {
    Dataset dataset;
    dataset.object = pool().next_object++;
    dataset.guid = pool().next_guid++;
    dataset.name = name;
    dataset.properties = "e:here=1;";
    give_key(dataset);
    const std::size_t count = with_snapshots && !random_.chance(8) ? 1 + random_.below(3) : 0;
    for (std::size_t i = 1; i <= count; ++i)
      dataset.snapshots.push_back({pool().next_object++, pool().next_guid++, std::to_string(i), "e:here=1;"});
    pool().datasets.push_back(std::move(dataset));
  }

  // 0: nothing is encrypted; 1: all; 2: some.
  void give_key(Dataset& dataset) {
    const Dataset* const parent = pool().find(parent_of(dataset.name));
    if (encrypted_ == 0 || parent == nullptr || (encrypted_ == 2 && random_.chance(40))) return;
    dataset.key = pool().next_object++;
    const bool is_root = parent->key == 0 || random_.chance(40);
    pool().keys[dataset.key] = {is_root ? dataset.object : pool().keys.at(parent->key).root, dataset.key};
    if (is_root) dataset.key_location = "prompt";
  }

  void add_tree() {
    add(root);
    for (const char* const each : {"/a", "/a/x", "/b", "/x", "/b/y"}) {
      const std::string name = root + each;
      const Dataset* const parent = pool().find(parent_of(name));
      if (parent == nullptr || parent->is_volume || random_.chance(55)) continue;
      if (random_.chance(25)) {
        add_clone(name);
        continue;
      }
      add(name);
      pool().datasets.back().is_volume = random_.chance(10);
    }
  }

  void add_clone(const std::string& name) {
    add(name);
    const Dataset& origin = any_in_root();
    Dataset& clone = pool().datasets.back();
    if (&origin == &clone || origin.snapshots.empty()) return;
    pool().keys.erase(clone.key);
    clone.origin = origin.snapshots[random_.below(origin.snapshots.size())].object;
    clone.key = origin.key;
    clone.key_location = "";
    clone.is_volume = origin.is_volume;
  }

  // No name of its snapshots is in the way.
  void add_clone_to_promote() {
    add_clone(root + "/c");
    for (Snapshot& each : pool().datasets.back().snapshots) each.name.insert(0, "c");
  }

  void add_other() {
    add(other_root);
    if (random_.chance(50)) add(other_root + "/p");
    if (random_.chance(40) && pool().find(root) != nullptr) copy(other_root, any_in_root().name);
  }

  // As `zfs send | zfs receive` makes them.
  void copy(const std::string& to, const std::string& from) {
    Dataset& target = *pool().find(to);
    const Dataset& source = *pool().find(from);
    if (target.object == source.object) return;
    for (std::size_t i = 0; i < std::min(target.snapshots.size(), source.snapshots.size()); ++i)
      target.snapshots[i].guid = source.snapshots[i].guid;
  }

  // The same as is here, and perhaps more.
  void make_sender(bool is_here) {
    std::vector<const Dataset*> sorted;
    for (const Dataset& dataset : pool().datasets)
      if (dataset.name == root || is_below(dataset.name, root)) sorted.push_back(&dataset);
    std::sort(sorted.begin(), sorted.end(), [](const Dataset* a, const Dataset* b) { return a->name < b->name; });
    for (const Dataset* const dataset : sorted) {
      SentDataset sent;
      if (dataset->name != root) sent.relative = dataset->name.substr(root.size() + 1);
      for (const Snapshot& each : dataset->snapshots) sent.snapshots.emplace_back(each.name, each.guid);
      if (dataset->origin != 0) sent.origin = pool().snapshot_of(dataset->origin)->guid;
      sent.is_encrypted = dataset->key != 0;
      sent.is_encryption_root = pool().is_own_root(*dataset);
      sent.is_volume = dataset->is_volume;
      if (sent.is_encrypted) sent.key = pool().keys.at(dataset->key).content;
      world_.sender.push_back(std::move(sent));
    }
    if (!is_here) world_.sender.push_back(new_one("", nullptr));
    if (random_.chance(40)) {
      const SentDataset& parent = random_.any_of(world_.sender);
      if (!parent.is_volume)
        world_.sender.push_back(new_one(parent.relative.empty() ? "n" : parent.relative + "/n", &parent));
    }
  }

  SentDataset new_one(const std::string& relative, const SentDataset* parent) {
    SentDataset sent;
    sent.relative = relative;
    sent.is_encrypted = encrypted_ != 0 && (encrypted_ == 1 || random_.chance(60));
    sent.is_encryption_root = sent.is_encrypted && (parent == nullptr || !parent->is_encrypted || random_.chance(40));
    sent.key = sent.is_encrypted ? 1000000 + random_.below(1000) : 0;
    return sent;
  }

  Random& random_;
  std::size_t encrypted_;
  World world_;
};

}  // namespace

World some_world(Random& random, bool with_clone) { return Maker(random).make(with_clone); }

}  // namespace czb::libzfs
