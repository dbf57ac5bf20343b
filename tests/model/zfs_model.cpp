// SPDX-License-Identifier: MIT
#include "model/zfs_model.h"

#include <algorithm>
#include <stdexcept>

#include "model/names.h"
#include "model/native_properties.h"
#include "model/receiver.h"

namespace czb::model {
namespace {

std::uint64_t mixed(std::uint64_t value) {  // splitmix64's
  value = (value ^ (value >> 30U)) * 0xbf58476d1ce4e5b9U;
  value = (value ^ (value >> 27U)) * 0x94d049bb133111ebU;
  return value ^ (value >> 31U);
}

std::uint64_t hash_of(std::uint64_t seed, const std::string& text) {
  std::uint64_t hash = mixed(seed + 1);
  for (const char c : text) hash = mixed(hash ^ static_cast<unsigned char>(c));
  return hash;
}

}  // namespace

const SnapshotState* DatasetState::snapshot(std::string_view name) const {
  for (const SnapshotState& found : snapshots)
    if (found.name == name) return &found;
  return nullptr;
}

ZfsModel::ZfsModel(std::uint64_t seed) : seed_(seed), random_(mixed(seed)) {}

ZfsModel::~ZfsModel() = default;

void ZfsModel::add_pool(const std::string& name) {
  const std::lock_guard lock(mutex_);
  pools_[name];
  DatasetState root;
  root.object = ++last_object_;
  root.guid = next_guid();
  root.createtxg = 1;
  root.content = ++last_content_;
  root.referenced = 100;
  datasets_[name] = std::move(root);
}

PoolState& ZfsModel::pool(const std::string& name) {
  const std::lock_guard lock(mutex_);
  return pools_.at(name);
}

ModelResult ZfsModel::command(const Words& argv, const std::string& input) {
  const std::lock_guard lock(mutex_);
  if (argv.size() < 2 || argv.front() != "zfs")
    return {127, "", (argv.empty() ? std::string("?") : argv.front()) + ": command not found\n"};
  const std::string& verb = argv[1];
  const std::string& last = argv.back();
  try {
    ModelResult result;
    if (verb == "list") {
      list(argv, result);
    } else if (verb == "get") {
      result.out = get(argv);
    } else if (verb == "create") {
      create(argv);
    } else if (verb == "snapshot") {
      take_snapshots(argv);
    } else if (verb == "clone") {
      clone(argv);
    } else if (verb == "bookmark") {
      bookmark(argv);
    } else if (verb == "hold" || verb == "release") {
      hold(argv, verb == "release");
    } else if (verb == "set") {
      set(argv);
    } else if (verb == "inherit") {
      inherit(argv);
    } else if (verb == "destroy") {
      destroy(argv);
    } else if (verb == "rename" && argv.size() >= 4) {
      rename(argv[argv.size() - 2], last, argv[2] == "-r");
    } else if (verb == "promote" && argv.size() == 3) {
      promote(last);
    } else if (verb == "rollback" && argv.size() == 3) {
      rollback(last);
    } else if ((verb == "receive" || verb == "recv") && argv.size() == 4 && argv[2] == "-A") {
      abort_receive(last);
    } else if (verb == "program") {
      return program(argv, input);
    } else {
      throw Failure{"unrecognized command '" + verb + "' (to the model)", 2};
    }
    return result;
  } catch (const Failure& failure) {
    return {failure.status, "", failure.text + "\n"};
  } catch (const std::exception& error) {
    return {2, "", std::string("model: ") + error.what() + "\n"};
  }
}

ModelResult ZfsModel::receive(const Words& argv, std::string_view bytes, bool killed) {
  Receiver receiver(*this, argv);
  receiver.feed(bytes);
  return killed ? receiver.kill() : receiver.finish();
}

void ZfsModel::write(const std::string& dataset, std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  DatasetState& state = datasets_.at(dataset);
  state.content = ++last_content_;
  state.referenced += bytes;
  state.written += bytes;
  next_txg(dataset);
}

void ZfsModel::set_program(Program program) {
  const std::lock_guard lock(mutex_);
  program_ = std::move(program);
}

void ZfsModel::set_stream_order(Words order) {
  const std::lock_guard lock(mutex_);
  order_ = std::move(order);
}

const DatasetState* ZfsModel::find(const std::string& dataset) const {
  const std::lock_guard lock(mutex_);
  const auto pool = pools_.find(pool_of(dataset));
  if (pool == pools_.end() || pool->second.missing) return nullptr;
  const auto found = datasets_.find(dataset);
  return found == datasets_.end() ? nullptr : &found->second;
}

Words ZfsModel::names() const {
  const std::lock_guard lock(mutex_);
  Words names;
  for (const auto& [name, dataset] : datasets_) names.push_back(name);
  return names;
}

std::optional<std::string> ZfsModel::property(const std::string& dataset, const std::string& name) const {
  const std::lock_guard lock(mutex_);
  for (std::string at = dataset_part(dataset); !at.empty(); at = is_inherited(name) ? parent_of(at) : "") {
    const DatasetState& state = open(at);
    const auto found = state.properties.find(name);
    if (found == state.properties.end()) continue;
    if (found->second.local) return found->second.local;
    if (found->second.received && !found->second.inherit) return found->second.received;
  }
  return std::nullopt;
}

std::string ZfsModel::encryption_root(const std::string& dataset) const {
  const std::lock_guard lock(mutex_);
  const DatasetState& state = open(dataset_part(dataset));
  return state.encryption_root == 0 ? "" : dataset_by_object(state.encryption_root);
}

std::string ZfsModel::origin(const std::string& dataset) const {
  const std::lock_guard lock(mutex_);
  const DatasetState& state = open(dataset);
  if (state.origin == 0) return "";
  const auto [name, snapshot] = by_object(state.origin);
  return name + "@" + snapshot->name;
}

DatasetState& ZfsModel::edit(const std::string& dataset) {
  const std::lock_guard lock(mutex_);
  return datasets_.at(dataset);
}

DatasetState& ZfsModel::open(const std::string& name) {
  if (find(name) == nullptr) throw Failure{"cannot open '" + name + "': dataset does not exist"};
  return datasets_.at(name);
}

const DatasetState& ZfsModel::open(const std::string& name) const {
  if (find(name) == nullptr) throw Failure{"cannot open '" + name + "': dataset does not exist"};
  return datasets_.at(name);
}

std::pair<std::string, const SnapshotState*> ZfsModel::by_object(std::uint64_t object) const {
  for (const auto& [name, dataset] : datasets_)
    for (const SnapshotState& snapshot : dataset.snapshots)
      if (snapshot.object == object) return {name, &snapshot};
  throw std::logic_error("no snapshot is object " + std::to_string(object));
}

std::string ZfsModel::dataset_by_object(std::uint64_t object) const {
  for (const auto& [name, dataset] : datasets_)
    if (dataset.object == object) return name;
  throw std::logic_error("no dataset is object " + std::to_string(object));
}

// As libzfs's guid_to_name: in ever larger parts of the pool.
std::string ZfsModel::by_guid(const std::string& near, std::uint64_t guid, bool bookmarks) const {
  std::string been_through;  // by its last name alone: whatever else is called so is left out as well
  for (std::string root = dataset_part(near); !root.empty(); root = parent_of(root)) {
    if (find(root) == nullptr) continue;
    const std::string skipped = "/" + been_through + "/";
    been_through = tail_of(root).substr(tail_of(root).find('/') + 1);
    for (const std::string& name : tree_of(root)) {
      if (skipped != "//" && has(name.substr(root.size()) + "/", skipped)) continue;
      const DatasetState& dataset = datasets_.at(name);
      for (const SnapshotState& snapshot : dataset.snapshots)
        if (snapshot.guid == guid) return name + "@" + snapshot.name;
      if (bookmarks)
        for (const auto& [mark, state] : dataset.bookmarks)
          if (state.guid == guid) return name + "#" + mark;
    }
  }
  return "";
}

Words ZfsModel::children_of(const std::string& name) const {
  Words children;
  for (const auto& [other, dataset] : datasets_)
    if (!other.empty() && parent_of(other) == name) children.push_back(other);
  // ZFS's order is that of a hash with a salt.
  std::stable_sort(children.begin(), children.end(), [this](const std::string& a, const std::string& b) {
    const auto rank_a = std::find(order_.begin(), order_.end(), a);
    const auto rank_b = std::find(order_.begin(), order_.end(), b);
    return rank_a != rank_b ? rank_a < rank_b : hash_of(seed_, tail_of(a)) < hash_of(seed_, tail_of(b));
  });
  return children;
}

Words ZfsModel::tree_of(const std::string& name) const {
  Words tree;
  for (const auto& [other, dataset] : datasets_)
    if (is_at_or_below(other, name)) tree.push_back(other);
  return tree;
}

Words ZfsModel::taken(const std::string& root, bool recursive) const {
  if (recursive) return tree_of(root);
  return Words(1, root);
}

void ZfsModel::change_root(std::uint64_t from, std::uint64_t to, const std::string& below) {
  const bool given_up = open(below).object == from;
  for (auto& [name, dataset] : datasets_)
    // A root that is given up is left by its clones elsewhere, too.
    if (dataset.encryption_root == from && (given_up || is_at_or_below(name, below))) dataset.encryption_root = to;
}

std::uint64_t ZfsModel::next_guid() { return mixed(random_ += 0x9e3779b97f4a7c15U) | 1U; }

std::uint64_t ZfsModel::next_txg(const std::string& name) { return ++pools_.at(pool_of(name)).txg; }

}  // namespace czb::model
