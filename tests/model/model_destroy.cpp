// SPDX-License-Identifier: MIT
// `zfs destroy`: snapshots all or none, bookmarks, and datasets that nothing depends on.
#include <algorithm>

#include "model/names.h"
#include "model/zfs_model.h"

namespace czb::model {

// Names of what was cloned from a snapshot, the hidden dataset of a partial receive among them.
Words ZfsModel::clones_of(std::uint64_t snapshot) const {
  Words clones;
  for (const auto& [name, dataset] : datasets_) {
    if (dataset.origin == snapshot) clones.push_back(name);
    if (dataset.partial && !dataset.partial->initial && dataset.partial->base == snapshot)
      clones.push_back(name + "/%recv");
  }
  return clones;
}

void ZfsModel::destroy(const Words& argv) {
  bool recursive = false;
  std::string word;
  for (std::size_t i = 2; i < argv.size(); ++i) {
    if (argv[i] == "-r")
      recursive = true;
    else if (argv[i].front() == '-')
      throw Failure{"invalid option '" + argv[i] + "' (to the model)", 2};
    else
      word = argv[i];
  }
  if (has(word, "@")) {
    destroy_snapshots(word, recursive);
  } else if (has(word, "#")) {
    const auto dataset = datasets_.find(dataset_part(word));
    if (find(dataset_part(word)) == nullptr || dataset->second.bookmarks.count(short_part(word)) == 0)
      throw Failure{"bookmark '" + word + "' does not exist."};
    check_writable(word, "cannot destroy '" + word + "'");
    dataset->second.bookmarks.erase(short_part(word));
  } else {
    destroy_dataset(word, recursive);
  }
  next_txg(word);
}

void ZfsModel::destroy_snapshots(const std::string& word, bool recursive) {
  const std::string root = dataset_part(word);
  open(root);
  std::set<std::string> names;
  std::string rest = short_part(word) + ",";
  for (std::size_t comma = 0; (comma = rest.find(',')) != std::string::npos; rest.erase(0, comma + 1))
    names.insert(rest.substr(0, comma));
  for (const std::string& name : names)
    if (has(name, "%")) throw Failure{"the model destroys no ranges", 2};
  std::size_t found = 0;
  std::string held;
  const Words datasets = taken(root, recursive);
  for (const std::string& dataset : datasets)
    for (const SnapshotState& snapshot : open(dataset).snapshots) {
      if (names.count(snapshot.name) == 0) continue;
      ++found;
      const std::string full = dataset + "@" + snapshot.name;
      const Words clones = clones_of(snapshot.object);
      if (!clones.empty()) {
        std::string text = "cannot destroy '" + full + "': snapshot has dependent clones\nuse '-R' to destroy the " +
                           "following datasets:";
        for (const std::string& clone : clones) text += "\n" + clone;
        throw Failure{text};
      }
      if (!snapshot.holds.empty() || snapshot.in_use)
        held += (held.empty() ? "" : "\n") + ("cannot destroy snapshot " + full + ": dataset is busy");
    }
  if (found == 0) throw Failure{"could not find any snapshots to destroy; check snapshot names."};
  check_writable(root, "cannot destroy snapshots");
  if (!held.empty()) throw Failure{held};
  for (const std::string& name : datasets) {
    DatasetState& dataset = open(name);
    for (std::size_t i = 0; i < dataset.snapshots.size();) {
      if (names.count(dataset.snapshots[i].name) == 0) {
        ++i;
        continue;
      }
      // What it alone had written now counts as the next one's.
      (i + 1 < dataset.snapshots.size() ? dataset.snapshots[i + 1].written : dataset.written) +=
          dataset.snapshots[i].written;
      dataset.snapshots.erase(dataset.snapshots.begin() + static_cast<std::ptrdiff_t>(i));
    }
  }
}

void ZfsModel::destroy_dataset(const std::string& name, bool recursive) {
  const DatasetState& dataset = open(name);
  const std::string what = "cannot destroy '" + name + "'";
  check_writable(name, what);
  if (parent_of(name).empty()) throw Failure{what + ": operation does not apply to pools"};
  const Words tree = tree_of(name);
  const std::string kind = dataset.volume ? "volume" : "filesystem";
  if (!recursive && (tree.size() > 1 || !dataset.snapshots.empty())) {
    std::string text = what + ": " + kind + " has children\nuse '-r' to destroy the following datasets:";
    for (const std::string& below : tree) {
      if (below != name) text += "\n" + below;
      for (const SnapshotState& snapshot : open(below).snapshots) text += "\n" + below + "@" + snapshot.name;
    }
    throw Failure{text};
  }
  for (const std::string& below : tree) {
    if (open(below).partial && open(below).partial->active) throw Failure{what + ": dataset is busy"};
    for (const SnapshotState& snapshot : open(below).snapshots) {
      for (const std::string& clone : clones_of(snapshot.object))
        if (!is_at_or_below(clone, name))
          throw Failure{what + ": " + kind + " has dependent clones\nuse '-R' to destroy the following datasets:\n" +
                        clone};
      if (!snapshot.holds.empty() || snapshot.in_use)
        throw Failure{"cannot destroy snapshot " + below + "@" + snapshot.name + ": dataset is busy"};
    }
  }
  for (const std::string& below : tree) datasets_.erase(below);
}

}  // namespace czb::model
