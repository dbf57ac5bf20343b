// SPDX-License-Identifier: MIT
#include "libzfs/pool.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace czb::libzfs {
namespace {

Object root_of(const Pool& pool, const Dataset& dataset) {
  return dataset.key == 0 ? Object{0} : pool.keys.at(dataset.key).root;
}

// spa_keystore_change_key_sync_impl: what took its key from `old_root` at `dataset` and below, and below its clones,
// takes it from `new_root`. `passes`: it is a clone, whose key its origin has changed already.
void change_root(Pool& pool, const Dataset& dataset, Object old_root, Object new_root, bool passes) {
  if (dataset.key == 0) return;
  if (!passes) {
    Key& key = pool.keys.at(dataset.key);
    if (key.root != old_root || dataset.origin != 0) return;
    key.root = new_root;
  }
  for (const Dataset& each : pool.datasets) {
    if (is_child(each.name, dataset.name)) change_root(pool, each, old_root, new_root, false);
    const Dataset* const origin = each.origin == 0 ? nullptr : pool.owner_of(each.origin);
    if (origin == &dataset && &each != &dataset) change_root(pool, each, old_root, new_root, true);
  }
}

Answer rename_snapshot(Pool& pool, const std::string& from, const std::string& to) {
  const std::size_t at = from.find('@');
  Dataset* const dataset = pool.find(std::string_view(from).substr(0, at));
  if (to.compare(0, at + 1, from, 0, at + 1) != 0 || to.size() == at + 1) return Answer::invalid;
  const std::string name = to.substr(at + 1);
  Snapshot* const snapshot = dataset == nullptr ? nullptr : find_snapshot(*dataset, from.substr(at + 1));
  if (snapshot == nullptr) return Answer::no_entry;
  if (find_snapshot(*dataset, name) != nullptr) return Answer::exists;
  snapshot->name = name;
  return Answer::ok;
}

// dsl_dataset_promote_crypt_check
bool may_promote(const Pool& pool, const Dataset& clone, const Dataset& origin) {
  if (origin.key == 0 || origin.origin != 0 || pool.is_own_root(origin)) return true;
  const Dataset* const above_origin = pool.find(parent_of(origin.name));
  const Dataset* const above_clone = pool.find(parent_of(clone.name));
  if (above_origin == nullptr || above_clone == nullptr || above_origin->key == 0 || above_clone->key == 0)
    return false;
  return root_of(pool, *above_origin) == root_of(pool, *above_clone);
}

Answer receive_existing(Pool& pool, Dataset& dataset, const Incoming& incoming) {
  if (incoming.is_clone) return Answer::invalid;
  if (find_snapshot(dataset, incoming.snapshot) != nullptr) return Answer::exists;
  if (incoming.from_guid == 0) return Answer::exists;
  if (incoming.raw_key && dataset.key == 0) return Answer::invalid;
  const auto base = std::find_if(dataset.snapshots.begin(), dataset.snapshots.end(),
                                 [&](const Snapshot& each) { return each.guid == incoming.from_guid; });
  if (base == dataset.snapshots.end()) return Answer::no_device;
  if (incoming.raw_key && std::next(base) != dataset.snapshots.end()) return Answer::busy;
  if (incoming.raw_key) pool.keys.at(dataset.key).content = *incoming.raw_key;
  dataset.snapshots.push_back({pool.next_object++, incoming.to_guid, incoming.snapshot, ""});
  return Answer::ok;
}

// dsl_dataset_create_crypt_sync, dsl_crypto_recv_raw_key_sync
void give_key(Pool& pool, Dataset& dataset, const Dataset& parent, const Incoming& incoming) {
  if (incoming.is_clone) {
    dataset.key = pool.owner_of(incoming.origin)->key;
    if (dataset.key != 0 && incoming.raw_key) pool.keys.at(dataset.key).content = *incoming.raw_key;
  }
  if (dataset.key != 0 || (!incoming.raw_key && (incoming.is_clone || incoming.stays_clear || parent.key == 0))) return;
  dataset.key = pool.next_object++;
  const Key inherited = {root_of(pool, parent), dataset.key};
  pool.keys.emplace(dataset.key, incoming.raw_key ? Key{dataset.object, *incoming.raw_key} : inherited);
  if (incoming.raw_key) dataset.key_location = "prompt";
}

}  // namespace

Dataset* Pool::find(std::string_view name) {
  const auto found =
      std::find_if(datasets.begin(), datasets.end(), [&](const Dataset& each) { return each.name == name; });
  return found == datasets.end() ? nullptr : &*found;
}

const Dataset* Pool::find(std::string_view name) const { return const_cast<Pool*>(this)->find(name); }

const Dataset* Pool::find(Object object) const {
  const auto found =
      std::find_if(datasets.begin(), datasets.end(), [&](const Dataset& each) { return each.object == object; });
  return found == datasets.end() ? nullptr : &*found;
}

const Dataset* Pool::owner_of(Object snapshot) const {
  for (const Dataset& dataset : datasets)
    for (const Snapshot& each : dataset.snapshots)
      if (each.object == snapshot) return &dataset;
  return nullptr;
}

const Snapshot* Pool::snapshot_of(Object object) const {
  for (const Dataset& dataset : datasets)
    for (const Snapshot& each : dataset.snapshots)
      if (each.object == object) return &each;
  return nullptr;
}

bool Pool::is_own_root(const Dataset& dataset) const {
  return dataset.key != 0 && keys.at(dataset.key).root == dataset.object;
}

Snapshot* find_snapshot(Dataset& dataset, std::string_view name) {
  const auto found = std::find_if(dataset.snapshots.begin(), dataset.snapshots.end(),
                                  [&](const Snapshot& each) { return each.name == name; });
  return found == dataset.snapshots.end() ? nullptr : &*found;
}

bool is_below(std::string_view name, std::string_view ancestor) {
  return name.size() > ancestor.size() && name[ancestor.size()] == '/' && name.substr(0, ancestor.size()) == ancestor;
}

bool is_child(std::string_view name, std::string_view parent) {
  return is_below(name, parent) && name.find('/', parent.size() + 1) == std::string_view::npos;
}

std::string parent_of(const std::string& name) {
  const std::size_t slash = name.rfind('/');
  return slash == std::string::npos ? "" : name.substr(0, slash);
}

Answer rename(Pool& pool, const std::string& from, const std::string& to) {
  if (from.find('@') != std::string::npos) return rename_snapshot(pool, from, to);
  const Dataset* const dataset = pool.find(from);
  const Dataset* const parent = pool.find(parent_of(to));
  if (dataset == nullptr || parent == nullptr) return Answer::no_entry;
  if (pool.find(to) != nullptr) return Answer::exists;
  if (parent->is_volume || from.find('/') == std::string::npos || parent == dataset || is_below(to, from))
    return Answer::invalid;
  // dsl_dir_rename_crypt_check
  if (dataset->key != 0 && !pool.is_own_root(*dataset) && root_of(pool, *parent) != root_of(pool, *dataset))
    return Answer::no_access;
  for (Dataset& each : pool.datasets) {
    if (each.name == from)
      each.name = to;
    else if (is_below(each.name, from))
      each.name = to + each.name.substr(from.size());
  }
  return Answer::ok;
}

Answer promote(Pool& pool, const std::string& name) {
  Dataset* const clone = pool.find(name);
  if (clone == nullptr || clone->origin == 0) return Answer::invalid;
  const Object at = clone->origin;
  Dataset* const origin = pool.find(pool.owner_of(at)->name);
  if (!may_promote(pool, *clone, *origin)) return Answer::no_access;
  const auto end = std::next(std::find_if(origin->snapshots.begin(), origin->snapshots.end(),
                                          [&](const Snapshot& each) { return each.object == at; }));
  for (auto each = origin->snapshots.begin(); each != end; ++each)
    if (find_snapshot(*clone, each->name) != nullptr) return Answer::exists;
  if (origin->origin == 0 && pool.is_own_root(*origin)) {
    change_root(pool, *origin, origin->object, clone->object, false);
    clone->key_location = std::exchange(origin->key_location, "");
  }
  clone->snapshots.insert(clone->snapshots.begin(), origin->snapshots.begin(), end);
  origin->snapshots.erase(origin->snapshots.begin(), end);
  clone->origin = std::exchange(origin->origin, at);
  return Answer::ok;
}

Answer force_new_key(Pool& pool, const std::string& name) {
  Dataset* const dataset = pool.find(name);
  if (dataset == nullptr) return Answer::no_entry;
  if (dataset->key == 0 || dataset->origin != 0 || pool.is_own_root(*dataset)) return Answer::invalid;
  change_root(pool, *dataset, root_of(pool, *dataset), dataset->object, false);
  dataset->key_location = "prompt";
  return Answer::ok;
}

Answer force_inherit(Pool& pool, const std::string& name) {
  Dataset* const dataset = pool.find(name);
  const Dataset* const parent = pool.find(parent_of(name));
  if (dataset == nullptr) return Answer::no_entry;
  if (dataset->origin != 0 || !pool.is_own_root(*dataset) || parent == nullptr || parent->key == 0)
    return Answer::invalid;
  // Where the parent is a clone of it: the kernel would go round for ever.
  if (root_of(pool, *parent) == dataset->object) return Answer::invalid;
  change_root(pool, *dataset, dataset->object, root_of(pool, *parent), false);
  dataset->key_location.clear();
  return Answer::ok;
}

Answer receive(Pool& pool, const Incoming& incoming) {
  if (Dataset* const there = pool.find(incoming.dataset)) return receive_existing(pool, *there, incoming);
  if (incoming.from_guid != 0 && !incoming.is_clone) return Answer::no_entry;
  const Dataset* const parent = pool.find(parent_of(incoming.dataset));
  if (parent == nullptr) return Answer::no_entry;
  if (parent->is_volume) return Answer::invalid;
  if (incoming.is_clone) {
    const Snapshot* const origin = pool.snapshot_of(incoming.origin);
    if (origin == nullptr) return Answer::invalid;
    if (incoming.from_guid != 0 && origin->guid != incoming.from_guid) return Answer::no_device;
  }
  Dataset made;
  made.object = pool.next_object++;
  made.guid = pool.next_guid++;
  made.name = incoming.dataset;
  made.is_volume = incoming.is_volume;
  if (incoming.is_clone) made.origin = incoming.origin;
  give_key(pool, made, *parent, incoming);
  made.snapshots.push_back({pool.next_object++, incoming.to_guid, incoming.snapshot, ""});
  pool.datasets.push_back(std::move(made));
  return Answer::ok;
}

}  // namespace czb::libzfs
