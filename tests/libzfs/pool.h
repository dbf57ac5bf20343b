// SPDX-License-Identifier: MIT
// A pool as values, and what the kernel does to it when libzfs asks: names, guids, origins, properties, keys and
// encryption roots. What files hold, holds, mounts and space are left out. Where the kernel is strict about what does
// not matter here (whether a key is loaded, whether a dataset was written to), this takes what it is given: that is
// worse for whoever has to withstand it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace czb::libzfs {

using Guid = std::uint64_t;
// What a dataset, a snapshot or a key is, whatever its name: never used twice, and greater for what came later.
using Object = std::uint64_t;

struct Snapshot {
  Object object = 0;
  Guid guid = 0;
  std::string name;
  std::string properties;
};

struct Dataset {
  Object object = 0;
  Guid guid = 0;
  std::string name;                 // in full
  std::vector<Snapshot> snapshots;  // oldest first
  Object origin = 0;                // a snapshot; 0: it is no clone
  Object key = 0;                   // in Pool::keys; clones share their origin's. 0: it is not encrypted
  std::string key_location;
  std::string properties;  // received ones
  bool is_volume = false;
};

// A "DSL crypto key" (dsl_crypt.c).
struct Key {
  Object root = 0;            // the dataset that is its encryption root
  std::uint64_t content = 0;  // the wrapped key
};

struct Pool {
  std::vector<Dataset> datasets;  // siblings in the order in which ZFS lists them: that of a hash
  std::map<Object, Key> keys;
  Object next_object = 1;
  Guid next_guid = 1;

  Dataset* find(std::string_view name);
  const Dataset* find(std::string_view name) const;
  const Dataset* find(Object object) const;
  // The dataset that has a snapshot.
  const Dataset* owner_of(Object snapshot) const;
  const Snapshot* snapshot_of(Object object) const;
  bool is_own_root(const Dataset& dataset) const;
};

Snapshot* find_snapshot(Dataset& dataset, std::string_view name);
bool is_child(std::string_view name, std::string_view parent);
bool is_below(std::string_view name, std::string_view ancestor);
std::string parent_of(const std::string& name);

// errno, as far as libzfs distinguishes.
enum class Answer { ok, no_entry, exists, no_access, invalid, no_device, busy };

// zfs_ioc_rename: of a dataset with all below it, or of a snapshot ("dataset@name").
Answer rename(Pool& pool, const std::string& from, const std::string& to);

// zfs_ioc_promote.
Answer promote(Pool& pool, const std::string& clone);

// spa_keystore_change_key with DCP_CMD_FORCE_NEW_KEY, DCP_CMD_FORCE_INHERIT.
Answer force_new_key(Pool& pool, const std::string& dataset);
Answer force_inherit(Pool& pool, const std::string& dataset);

// What a stream of one dataset brings (dmu_recv_begin, dmu_recv_end).
struct Incoming {
  std::string dataset;
  std::string snapshot;
  Guid to_guid = 0;
  Guid from_guid = 0;
  Object origin = 0;  // of a clone: the snapshot that libzfs has found
  bool is_clone = false;
  bool is_volume = false;
  std::optional<std::uint64_t> raw_key;
  bool stays_clear = false;  // not encrypted, whatever is above it
};
Answer receive(Pool& pool, const Incoming& incoming);

}  // namespace czb::libzfs
