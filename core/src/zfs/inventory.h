// SPDX-License-Identifier: MIT
// What one side holds, as observed at one moment. Plain values; nothing here does I/O.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "zfs/place.h"
#include "zfs/receiver.h"

namespace czb {

struct Snapshot {
  std::string name;             // the part after '@'
  std::uint64_t guid = 0;       // identity, the same on both sides; 0: the one that a dry run has not taken
  std::uint64_t createtxg = 0;  // order, within one pool
  std::uint64_t holds = 0;      // user holds (userrefs)
  bool has_clones = false;
};

// Where a snapshot was: an increment can begin there though the snapshot itself is gone.
struct Bookmark {
  std::string name;  // the part after '#'
  std::uint64_t guid = 0;
  std::uint64_t createtxg = 0;
};

// What a resume token stands for, as the sending side reads it (zfs/resume_token.h).
struct PartialReceive {
  std::string to;  // full name of the snapshot that was being sent
  std::uint64_t to_guid = 0;
  std::uint64_t from_guid = 0;  // 0: a full stream
  bool raw = false;             // whether what is encrypted would stay so
  std::string problem;          // why the sender cannot go on with it; empty: it can
};

enum class DatasetKind { filesystem, volume };

struct Dataset {
  DatasetKind kind = DatasetKind::filesystem;
  std::uint64_t guid = 0;
  std::uint64_t createtxg = 0;
  std::string resume_token;                            // empty: no partially received state
  std::optional<PartialReceive> partial;               // that state, once the source has read the token
  std::string encryption_root;                         // full name; empty: not encrypted
  std::string origin;                                  // full name of the snapshot it is a clone of; or empty
  std::uint64_t written = 0;                           // bytes since the newest snapshot
  std::vector<Bookmark> bookmarks;                     // oldest first, by createtxg
  std::vector<Snapshot> snapshots;                     // oldest first, by createtxg
  std::map<std::string, std::string> user_properties;  // those that were asked for and are set

  const Snapshot* find_by_name(std::string_view name) const;
  const Snapshot* find_by_guid(std::uint64_t guid) const;
  const Snapshot* newest() const { return snapshots.empty() ? nullptr : &snapshots.back(); }
  std::uint64_t newest_txg() const { return snapshots.empty() ? 0 : snapshots.back().createtxg; }
};

// One tree. Keys are relative names: "" is the root, "a/b" a descendant; a parent sorts before its
// children. No datasets: the root does not exist.
struct Inventory {
  std::string root;
  std::map<std::string, Dataset> datasets;
  std::map<std::string, Dataset> excluded;  // those that the job leaves out (config/selection.h)
  std::optional<ReceiverMode> receiver;     // the restricted receiver that stands before this side, if one does
  std::optional<OwnNames> own_names;        // user properties that it keeps under their own names, if it has told that
  std::optional<ReceivePlace> place;        // of a target that does not exist, if that was asked

  bool exists() const { return !datasets.empty(); }
  bool leaves_out(const std::string& relative_name) const;  // it, or one that it is below, is excluded
  const Dataset* find(const std::string& relative_name) const;
  std::string full_name(const std::string& relative_name) const;
  std::size_t snapshot_count() const;
};

// Whether `relative` is a descendant of `ancestor` (both relative names).
bool is_below(const std::string& relative, const std::string& ancestor);

// The relative name of the parent; nothing for the root.
std::optional<std::string> parent_of(const std::string& relative);

// The relative name of a full one; nothing where it is not in the tree of `root`.
std::optional<std::string> relative_name(const std::string& full_name, const std::string& root);

// The newest snapshot of `a` whose guid `b` has too; null where there is none.
const Snapshot* newest_common(const Dataset& a, const Dataset& b);

// A number that changes whenever anything arrives or goes.
std::uint64_t fingerprint(const Inventory& inventory);

}  // namespace czb
