// SPDX-License-Identifier: MIT
#include <algorithm>

#include "model/model_send.h"
#include "model/names.h"
#include "model/receiver.h"

namespace czb::model {

// libzfs's recv_incremental_replication, without -F: nothing is destroyed.
bool Replication::follow_changes() {
  bool again = true;
  bool progress = true;
  bool last_failed = false;
  constexpr int most_passes = 50;  // libzfs has no such limit
  for (int passes = 0; again && progress && passes < most_passes; ++passes) {
    again = progress = false;
    ZfsModel::Gathering wanted;
    wanted.root = target_;
    wanted.from = stream_.fromsnap;
    wanted.recursive = wanted.replicate = wanted.properties = wanted.raw = true;
    last_failed = false;
    try {
      local_ = model_.gather(wanted, err_);
    } catch (const Failure& failure) {
      err_ += failure.text + "\n";
      return true;
    }
    if (!pass(again, progress, last_failed)) return true;
  }
  return again || last_failed;
}

bool Replication::pass(bool& again, bool& progress, bool& last_failed) {
  for (const FilesystemEntry& local : local_) {
    const FilesystemEntry* sent = nullptr;
    for (const auto& [name, guid] : local.snapshots)
      if ((sent = entry_with(stream_.filesystems, guid)) != nullptr) break;
    if (sent != nullptr && local.origin != sent->origin) {
      if (!follow_origin(local, sent->origin, progress, last_failed)) return false;
      again = true;
      continue;
    }
    std::uint64_t base = 0;
    for (const auto& [name, guid] : local.snapshots) {
      const FilesystemEntry* found = entry_with(stream_.filesystems, guid);
      if (found == nullptr) continue;
      sent = found;
      const auto there = std::find_if(found->snapshots.begin(), found->snapshots.end(),
                                      [guid = guid](const auto& snapshot) { return snapshot.second == guid; });
      if (name != there->first) {
        last_failed = !rename(local.name + "@" + name, local.name + "@" + there->first, local.name.size() + 1);
        (last_failed ? again : progress) = true;
      }
      if (there->first == stream_.fromsnap) base = guid;
    }
    if (sent == nullptr || base == 0) continue;
    const bool other_parent =
        sent->parent_from != 0 && local.parent_from != 0 && sent->parent_from != local.parent_from;
    if (!other_parent && (local.name == target_ || tail_of(local.name) == tail_of(sent->name))) continue;
    const FilesystemEntry* parent = entry_with(local_, sent->parent_from);
    last_failed = !rename(local.name, parent == nullptr ? "" : parent->name + tail_of(sent->name), target_.size() + 1);
    (last_failed ? again : progress) = true;
  }
  return true;
}

// False: it cannot go on.
bool Replication::follow_origin(const FilesystemEntry& local, std::uint64_t wanted, bool& progress, bool& last_failed) {
  const int before = created_before(wanted, local.origin);
  if (before < 0) return false;
  if (before == 0) return true;
  try {
    model_.promote(local.name);
    last_failed = false;
    progress = true;
  } catch (const Failure&) {
    last_failed = true;
  }
  return true;
}

int Replication::created_before(std::uint64_t first, std::uint64_t second) const {
  if (second == 0) return 0;
  if (first == 0) return 1;
  const std::string a = model_.by_guid(target_, first);
  const std::string b = model_.by_guid(target_, second);
  if (a.empty() || b.empty()) return -1;
  const std::uint64_t txg_a = model_.open(dataset_part(a)).snapshot(short_part(a))->createtxg;
  const std::uint64_t txg_b = model_.open(dataset_part(b)).snapshot(short_part(b))->createtxg;
  return txg_a < txg_b ? -1 : txg_a > txg_b ? 1 : 0;
}

// libzfs's recv_rename: where it cannot have its name, it gets a temporary one, and another pass tries again.
bool Replication::rename(const std::string& name, const std::string& wanted, std::size_t base) {
  const auto try_to = [&](const std::string& to) {
    try {
      model_.rename(name, to);
      return true;
    } catch (const Failure&) {
      return false;
    }
  };
  if (!wanted.empty() && try_to(wanted)) return true;
  if (name.size() > base && name.compare(base, 5, "recv-") != 0)
    try_to(name.substr(0, base) + "recv-1-" + std::to_string(++temporary_));
  return false;
}

bool Replication::fix_encryption_roots(const std::string& top) {
  for (const FilesystemEntry& entry : stream_.filesystems) {
    std::string name;
    for (const auto& [snapshot, guid] : entry.snapshots)
      if (!(name = model_.by_guid(top, guid)).empty()) break;
    if (name.empty()) continue;
    name = dataset_part(name);
    const DatasetState& dataset = model_.open(name);
    if (dataset.encryption_root == 0) continue;
    const bool is_root = dataset.encryption_root == dataset.object;
    if (entry.encryption_root && !is_root && dataset.origin == 0)
      model_.change_root(dataset.encryption_root, dataset.object, name);
    if (!entry.encryption_root && is_root && name != top) {
      const DatasetState* parent = model_.find(parent_of(name));
      if (parent == nullptr || parent->encryption_root == 0) return true;
      model_.change_root(dataset.object, parent->encryption_root, name);
    }
  }
  return false;
}

}  // namespace czb::model
