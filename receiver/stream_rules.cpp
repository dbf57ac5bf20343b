// SPDX-License-Identifier: MIT
#include "receiver/stream_rules.h"

#include <algorithm>
#include <utility>

#include "receiver/answer.h"
#include "zfs/inventory.h"

namespace czb::receiver {
namespace {

[[noreturn]] void invalid(const std::string& why) { throw Refused("invalid stream (" + why + ")"); }

// guid → dataset and name, for all snapshots that a package lists. A guid may be listed more than once.
using ListedSnapshots = std::multimap<std::uint64_t, std::pair<std::string, std::string>>;

ListedSnapshots snapshots_of(const Package& package) {
  ListedSnapshots listed;
  for (const auto& [relative, dataset] : package.datasets)
    for (const auto& [name, guid] : dataset.snapshots) listed.emplace(guid, std::pair(relative, name));
  return listed;
}

std::string below(const std::string& top, const std::string& relative) {
  return relative.empty() ? top : top + "/" + relative;
}

}  // namespace

bool needs_origins(const StreamHead& head, const PresentTree& present) {
  if (head.first && head.first->is_clone) return true;
  if (!head.package) return false;
  const auto& packed = head.package->datasets;
  return std::any_of(packed.begin(), packed.end(), [](const auto& entry) { return entry.second.origin != 0; }) ||
         std::any_of(present.begin(), present.end(), [](const auto& entry) { return !entry.second.origin.empty(); });
}

StreamRules::StreamRules(const std::string& dataset, const StreamHead& head, StreamFacts facts)
    : dataset_(dataset),
      top_(head.begin.dataset),
      compound_(head.begin.compound),
      package_(head.package),
      facts_(std::move(facts)) {
  if (package_ && package_->recursive && package_->from) check_package();
}

std::string StreamRules::full_name(const std::string& relative) const { return below(dataset_, relative); }

// libzfs_sendrecv.c, recv_incremental_replication: what it would rename, move and promote.
void StreamRules::check_package() const {
  const ListedSnapshots listed = snapshots_of(*package_);
  const std::string advice = ". Do the same here by hand, as root, or give the stream its own new place";
  for (const auto& [relative, present] : facts_.present) {
    bool matched = false;
    for (const auto& [guid, name] : present.snapshots) {
      const auto [begin, end] = listed.equal_range(guid);
      for (auto each = begin; each != end; ++each) {
        matched = true;
        const auto& [stream_relative, stream_name] = each->second;
        if (stream_relative == relative && stream_name == name) continue;
        throw Refused("the stream would rename " + visible(full_name(relative) + "@" + name) + " to " +
                      visible(full_name(stream_relative) + "@" + stream_name) + advice);
      }
    }
    if (!matched) continue;
    const PackedDataset& packed = package_->datasets.at(relative);
    if (!present.origin.empty()) {
      const auto origin = facts_.snapshots.find(present.origin);
      if (origin == facts_.snapshots.end() || origin->second != packed.origin)
        throw Refused("the stream would promote " + visible(full_name(relative)) + ", a clone of " +
                      visible(present.origin) + advice);
    }
    const auto parent = relative.empty() ? facts_.present.end() : facts_.present.find(*parent_of(relative));
    if (parent == facts_.present.end() || packed.parent_from == 0) continue;
    for (const auto& [guid, name] : parent->second.snapshots)
      if (name == *package_->from && guid != packed.parent_from)
        throw Refused("the stream would move " + visible(full_name(relative)) + " to another parent, for " +
                      visible(full_name(parent->first) + "@" + name) + " is not the sender's snapshot of that name");
  }
}

std::optional<std::string> StreamRules::dataset_with(std::uint64_t guid) const {
  for (const auto& [relative, present] : facts_.present)
    if (present.snapshots.count(guid) != 0) return full_name(relative);
  for (const auto& [name, each] : facts_.snapshots)
    if (each == guid) return name.substr(0, name.find('@'));
  return std::nullopt;
}

// A clone of another tree's snapshot would keep that snapshot, and show what is in it.
std::optional<std::string> StreamRules::check_clone(const BeginRecord& record, const PackedDataset* packed) const {
  if (!record.is_clone) return std::nullopt;
  if (packed != nullptr && packed->origin != record.from_guid)
    invalid("a clone of another snapshot than its header says");
  std::optional<std::string> origin = dataset_with(record.from_guid);
  if (!origin) throw Refused("the stream brings a clone of a snapshot that is not in this key's root");
  return origin;
}

// zfs receive would look for the parent of a new dataset, and for an old one, by guids wherever they are.
void StreamRules::check_place(const BeginRecord& record, const std::string& relative) const {
  const bool is_there = facts_.present.count(relative) != 0;
  const bool is_new = record.from_guid == 0 || record.is_clone;
  if (is_there || (!is_new && relative.empty())) return;
  if (!is_new) throw Refused("the stream continues " + visible(full_name(relative)) + ", which is not here");
  const bool has_parent = relative.empty() ? facts_.parent_exists : facts_.present.count(*parent_of(relative)) != 0;
  if (!has_parent)
    throw Refused("the place for " + visible(full_name(relative)) + ", the dataset above it, is not here");
}

StreamPlace StreamRules::begin(const BeginRecord& record) {
  if (!compound_) {  // it can go nowhere but to the dataset, and is the only one
    const bool was_there = (record.features & feature_resuming) != 0 || !facts_.present.empty();
    return {dataset_, was_there, check_clone(record, nullptr), std::nullopt};
  }
  if (record.compound) invalid("a stream of several within another");
  if ((record.features & feature_resuming) != 0) invalid("the rest of an interrupted stream within another");
  const std::optional<std::string> relative = relative_name(record.dataset, top_);
  if (!relative || (!relative->empty() && !(package_ && package_->recursive)))
    throw Refused("the stream brings " + visible(record.dataset) + ", which is not in " + visible(top_));

  // zfs receive sets the forced properties on the first, and has the others inherit them.
  const bool is_first = std::exchange(is_first_, false);
  if (is_first && !relative->empty())
    throw Refused("the stream begins with " + visible(record.dataset) + " and not with " + visible(top_) +
                  ", the top of its tree");

  const PackedDataset* packed = nullptr;
  if (package_) {
    const auto found = package_->datasets.find(*relative);
    if (found == package_->datasets.end()) invalid("a dataset that its header does not name");
    packed = &found->second;
    const auto snapshot = packed->snapshots.find(record.snapshot);
    if (snapshot == packed->snapshots.end() || snapshot->second != record.to_guid)
      invalid("a snapshot that its header does not name");
  }
  StreamPlace place = {full_name(*relative), facts_.present.count(*relative) != 0, check_clone(record, packed),
                       packed == nullptr ? std::nullopt : std::optional(packed->is_encryption_root)};
  check_place(record, *relative);

  PresentDataset& present = facts_.present[*relative];
  const auto [there, is_new] = present.snapshots.emplace(record.to_guid, record.snapshot);
  skips_ = !is_new;
  if (std::exchange(hides_, false) && !skips_)
    invalid("a snapshot that is here already comes without data, and one that is not here behind it");
  if (skips_ && there->second != record.snapshot)
    throw Refused("the stream brings a snapshot that is here under another name: " +
                  visible(full_name(*relative) + "@" + there->second));
  if (skips_ && record.swapped) invalid("a snapshot that is here already, in another byte order");
  return place;
}

// What is there already zfs receive skips, record by record, but begins with the second one where the kernel has read
// the first (2.1, and any with a payload at the beginning). A payload would be taken for records then, and behind an
// end all of the next dataset's stream is skipped: no harm where that is there already, too.
void StreamRules::first_record(RecordType type, std::uint64_t payload) {
  if (skips_ && payload != 0) invalid("a snapshot that is here already begins with data");
  hides_ = skips_ && type == RecordType::end;
}

}  // namespace czb::receiver
