// SPDX-License-Identifier: MIT
// The list of datasets and snapshots in a package's head, as libzfs's send_iterate_fs makes it.
#include <algorithm>

#include "model/model_send.h"
#include "model/names.h"

namespace czb::model {

std::map<std::string, std::string> ZfsModel::sent_properties(const DatasetState& dataset) const {
  std::map<std::string, std::string> sent;
  for (const auto& [name, property] : dataset.properties) {
    if (property.local)
      sent[name] = *property.local;
    else if (property.received && !property.inherit)
      sent[name] = *property.received;
  }
  return sent;
}

std::vector<FilesystemEntry> ZfsModel::gather(const Gathering& wanted, std::string& err) const {
  std::vector<FilesystemEntry> found;
  gather_from(wanted.root, wanted, 0, 0, found, err);
  const auto rank = [this](const FilesystemEntry& entry) {
    return std::find(order_.begin(), order_.end(), entry.name);
  };
  if (!order_.empty())
    std::stable_sort(found.begin(), found.end(), [&](const auto& a, const auto& b) { return rank(a) < rank(b); });
  return found;
}

void ZfsModel::gather_from(const std::string& name, const Gathering& wanted, std::uint64_t parent_from,
                           std::uint64_t to_txg_above, std::vector<FilesystemEntry>& found, std::string& err) const {
  const DatasetState& dataset = open(name);
  const SnapshotState* to = dataset.snapshot(wanted.to);
  const std::uint64_t to_txg = to == nullptr ? to_txg_above : to->createtxg;
  if (!wanted.to.empty() && to == nullptr) {
    const std::string full = name + "@" + wanted.to;
    if (to_txg != 0 && dataset.createtxg > to_txg) {
      if (wanted.verbose) err += "skipping dataset " + name + ": snapshot " + wanted.to + " does not exist\n";
    } else if (wanted.skip_missing) {
      err += "WARNING: skipping dataset " + name + " and its children: snapshot " + wanted.to + " does not exist\n";
    } else {
      throw Failure{"cannot send " + wanted.root + "@" + wanted.to + (wanted.recursive ? " recursively" : "") +
                    ": snapshot " + full + " does not exist"};
    }
    return;
  }
  FilesystemEntry entry;
  entry.guid = dataset.guid;
  entry.name = name;
  entry.parent_from = parent_from;
  if (dataset.origin != 0) entry.origin = by_object(dataset.origin).second->guid;
  entry.encryption_root = dataset.encryption_root != 0 && dataset.encryption_root == dataset.object;
  if (dataset.encryption_root != 0 && !wanted.raw)
    throw Failure{"cannot send " + wanted.root + "@" + wanted.to + ": encrypted dataset " + name +
                  " may not be sent with properties without the raw flag"};
  entry.has_properties = wanted.properties || wanted.recursive;
  if (entry.has_properties) entry.properties = sent_properties(dataset);

  std::uint64_t own_from = 0;
  const SnapshotState* base = dataset.snapshot(wanted.from);
  for (const SnapshotState& snapshot : dataset.snapshots) {
    if (!wanted.replicate && wanted.all) {
      if (base != nullptr && snapshot.createtxg < base->createtxg) continue;
    } else if (!wanted.replicate && !wanted.to.empty() && snapshot.name != wanted.to) {
      continue;
    }
    if (to_txg != 0 && !wanted.to.empty() && snapshot.createtxg > to_txg) {
      if (wanted.verbose)
        err += "skipping snapshot " + name + "@" + snapshot.name +
               " because it was created after the destination snapshot (" + wanted.to + ")\n";
      continue;
    }
    entry.snapshots.emplace_back(snapshot.name, snapshot.guid);
    const bool is_from = !wanted.from.empty() && snapshot.name == wanted.from;
    if (is_from || (own_from == 0 && !wanted.to.empty() && snapshot.name == wanted.to)) own_from = snapshot.guid;
  }
  found.push_back(std::move(entry));
  if (wanted.recursive)
    for (const std::string& child : children_of(name)) gather_from(child, wanted, own_from, to_txg, found, err);
}

}  // namespace czb::model
