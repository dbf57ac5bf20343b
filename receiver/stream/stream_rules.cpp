// SPDX-License-Identifier: MIT
#include "receiver/stream/stream_rules.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "receiver/answer.h"
#include "zfs/inventory.h"

namespace czb::receiver {
namespace {

[[noreturn]] void invalid(const std::string& why) { throw Refused("invalid stream (" + why + ")"); }

// guid → dataset and name, for all snapshots that a package lists, each once.
using ListedSnapshots = std::map<std::uint64_t, std::pair<std::string, std::string>>;

ListedSnapshots snapshots_of(const Package& package) {
  ListedSnapshots listed;
  for (const PackedDataset& dataset : package.datasets)
    for (const PackedSnapshot& snapshot : dataset.snapshots)
      listed.emplace(snapshot.guid, std::pair(dataset.relative, snapshot.name));
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
  return std::any_of(packed.begin(), packed.end(), [](const PackedDataset& each) { return each.origin != 0; }) ||
         std::any_of(present.begin(), present.end(), [](const auto& entry) { return !entry.second.origin.empty(); });
}

StreamRules::StreamRules(const std::string& dataset, const StreamHead& head, StreamFacts facts)
    : dataset_(dataset),
      top_(head.begin.dataset),
      compound_(head.begin.compound),
      package_(head.package ? &*head.package : nullptr),
      facts_(std::move(facts)) {
  if (package_ == nullptr) return;
  for (const PackedDataset& packed : package_->datasets) {
    Listed& listed = listed_[packed.relative];
    for (const PackedSnapshot& snapshot : packed.snapshots) listed.snapshots.emplace(snapshot.name, snapshot.guid);
    listed.parent_from = packed.parent_from;
    listed.origin = packed.origin;
    listed.is_encryption_root = packed.is_encryption_root;
  }
  check_guids();
  if (package_->recursive && package_->from) check_renames();
}

std::string StreamRules::full_name(const std::string& relative) const { return below(dataset_, relative); }

// What is looked for by a snapshot's guid is found by a dataset's as well (guid_to_name_cb).
void StreamRules::check_guids() const {
  std::map<std::uint64_t, std::string> datasets;
  for (const auto& [relative, present] : facts_.present) datasets.emplace(present.guid, relative);
  for (const auto& [relative, listed] : listed_)
    for (const auto& [name, guid] : listed.snapshots)
      if (const auto same = datasets.find(guid); same != datasets.end() && guid != 0)
        throw Refused("the stream lists " + visible(full_name(relative) + "@" + name) +
                      " by the guid of a dataset that is here, " + visible(full_name(same->second)));
}

// libzfs_sendrecv.c, recv_incremental_replication: what the sender's header would have renamed, moved and promoted.
void StreamRules::check_renames() const {
  const ListedSnapshots snapshots = snapshots_of(*package_);
  const std::string advice = ". Do the same here by hand, as root, or give the stream its own new place";
  for (const auto& [relative, present] : facts_.present) {
    bool matched = false;
    for (const auto& [guid, name] : present.snapshots) {
      const auto each = snapshots.find(guid);
      if (each == snapshots.end()) continue;
      matched = true;
      const auto& [stream_relative, stream_name] = each->second;
      if (stream_relative == relative && stream_name == name) continue;
      throw Refused("the stream would rename " + visible(full_name(relative) + "@" + name) + " to " +
                    visible(full_name(stream_relative) + "@" + stream_name) + advice);
    }
    if (!matched) continue;
    const Listed& listed = listed_.at(relative);
    if (!present.origin.empty()) {
      const auto origin = facts_.snapshots.find(present.origin);
      if (origin == facts_.snapshots.end() || origin->second != listed.origin)
        throw Refused("the stream would promote " + visible(full_name(relative)) + ", a clone of " +
                      visible(present.origin) + advice);
    }
    const auto parent = relative.empty() ? facts_.present.end() : facts_.present.find(*parent_of(relative));
    if (parent == facts_.present.end() || listed.parent_from == 0) continue;
    for (const auto& [guid, name] : parent->second.snapshots)
      if (name == *package_->from && guid != listed.parent_from)
        throw Refused("the stream would move " + visible(full_name(relative)) + " to another parent, for " +
                      visible(full_name(parent->first) + "@" + name) + " is not the sender's snapshot of that name");
  }
}

std::set<std::string> StreamRules::datasets_with(std::uint64_t guid) const {
  std::set<std::string> datasets;
  for (const auto& [relative, present] : facts_.present)
    if (present.snapshots.count(guid) != 0) datasets.insert(full_name(relative));
  for (const auto& [name, each] : facts_.snapshots)
    if (each == guid) datasets.insert(name.substr(0, name.find('@')));
  return datasets;
}

bool StreamRules::is_volume_here(const std::string& dataset) const {
  const std::optional<std::string> relative = relative_name(dataset, dataset_);
  const auto present = relative ? facts_.present.find(*relative) : facts_.present.end();
  return present == facts_.present.end() ? facts_.volumes.count(dataset) != 0 : present->second.is_volume;
}

// A clone of another tree's snapshot would keep that snapshot, and show what is in it. A raw stream of a clone brings
// the key of its origin, and zfs writes it there: of two with that snapshot zfs receive chooses by its own rule. And a
// clone is of its origin's kind, whatever its stream says.
std::optional<std::string> StreamRules::check_clone(const BeginRecord& record, const Listed* listed) const {
  if (!record.is_clone) return std::nullopt;
  if (listed != nullptr && listed->origin != record.from_guid)
    invalid("a clone of another snapshot than its header says");
  const std::set<std::string> origins = datasets_with(record.from_guid);
  if (origins.empty()) throw Refused("the stream brings a clone of a snapshot that is not in this key's root");
  if (origins.size() > 1)
    throw Refused("the stream brings a clone of a snapshot that more than one dataset has: " +
                  visible(*origins.begin()) + " and " + visible(*std::next(origins.begin())));
  if (is_volume_here(*origins.begin()) != record.is_volume)
    throw Refused("the stream brings a clone that is not of the kind of its origin, " + visible(*origins.begin()));
  return *origins.begin();
}

// zfs receive would look for the parent of a new dataset, and for an old one, by guids wherever they are.
void StreamRules::check_place(const BeginRecord& record, const std::string& relative) const {
  const bool is_there = facts_.present.count(relative) != 0;
  const bool is_new = record.from_guid == 0 || record.is_clone;
  if (is_there) return;
  if (!is_new) throw Refused("the stream continues " + visible(full_name(relative)) + ", which is not here");
  const bool has_parent = relative.empty() ? facts_.parent_exists : facts_.present.count(*parent_of(relative)) != 0;
  if (!has_parent)
    throw Refused("the place for " + visible(full_name(relative)) + ", the dataset above it, is not here");
}

void StreamRules::check_kind(const BeginRecord& record, const std::string& relative) const {
  const auto kind = [](bool is_volume) { return is_volume ? "a volume" : "a file system"; };
  const auto present = facts_.present.find(relative);
  if (present != facts_.present.end() && present->second.is_volume != record.is_volume)
    throw Refused("the stream is of " + std::string(kind(record.is_volume)) + ", and " + visible(full_name(relative)) +
                  " is " + kind(present->second.is_volume));
}

StreamPlace StreamRules::begin(const BeginRecord& record) {
  if (!compound_) {  // it can go nowhere but to the dataset, and is the only one
    if (facts_.present.empty() && record.from_guid != 0 && !record.is_clone)
      throw Refused("the stream continues " + visible(dataset_) + ", which is not here");
    check_kind(record, "");
    return {dataset_, !facts_.present.empty(), check_clone(record, nullptr), std::nullopt, PlaceInStream::alone};
  }
  if (record.compound) invalid("a stream of several within another");
  if ((record.features & feature_resuming) != 0) invalid("the rest of an interrupted stream within another");
  const std::optional<std::string> relative = relative_name(record.dataset, top_);
  if (!relative || (!relative->empty() && !(package_ != nullptr && package_->recursive)))
    throw Refused("the stream brings " + visible(record.dataset) + ", which is not in " + visible(top_));

  // zfs receive sets the forced properties on the first, and has the others inherit them.
  const bool is_first = std::exchange(is_first_, false);
  if (is_first && !relative->empty())
    throw Refused("the stream begins with " + visible(record.dataset) + " and not with " + visible(top_) +
                  ", the top of its tree");

  const Listed* listed = nullptr;
  if (package_ != nullptr) {
    const auto found = listed_.find(*relative);
    if (found == listed_.end()) invalid("a dataset that its header does not name");
    listed = &found->second;
    const auto snapshot = listed->snapshots.find(record.snapshot);
    if (snapshot == listed->snapshots.end() || snapshot->second != record.to_guid)
      invalid("a snapshot that its header does not name");
  }
  const bool is_tree = package_ != nullptr && package_->recursive;
  StreamPlace place = {full_name(*relative), facts_.present.count(*relative) != 0, check_clone(record, listed),
                       listed == nullptr ? std::nullopt : std::optional(listed->is_encryption_root),
                       !relative->empty() ? PlaceInStream::below
                       : is_tree          ? PlaceInStream::top
                                          : PlaceInStream::alone};
  check_place(record, *relative);
  check_kind(record, *relative);

  PresentDataset& present = facts_.present[*relative];
  present.is_volume = record.is_volume;
  const auto [there, is_new] = present.snapshots.emplace(record.to_guid, record.snapshot);
  skips_ = !is_new;
  if (std::exchange(hides_, false) && !skips_)
    invalid("a snapshot that is here already comes without data, and one that is not here behind it");
  if (skips_ && there->second != record.snapshot)
    throw Refused("the stream brings a snapshot that is here under another name: " +
                  visible(full_name(*relative) + "@" + there->second));
  return place;
}

// What is there already zfs receive skips, record by record, but begins with the second one where the kernel has read
// the first (2.1, and any with a payload at the beginning). A payload would be taken for records then, and behind an
// end all of the next dataset's stream is skipped: no harm where that is there already, too.
void StreamRules::first_record(RecordType type, std::uint64_t payload) {
  if (skips_ && payload != 0) invalid("a snapshot that is here already begins with data");
  hides_ = skips_ && type == RecordType::end;
}

void StreamRules::end() const {
  if (package_ == nullptr) return;
  for (const auto& [relative, listed] : listed_) {
    const auto to = listed.snapshots.find(package_->to);
    const auto present = facts_.present.find(relative);
    if (to == listed.snapshots.end() || present == facts_.present.end() ||
        present->second.snapshots.count(to->second) == 0)
      throw Refused("the stream ends, and " + visible(full_name(relative) + "@" + package_->to) +
                    ", which its header lists, has not come. What has come is kept");
  }
}

}  // namespace czb::receiver
