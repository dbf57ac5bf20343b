// SPDX-License-Identifier: MIT
#include "receiver/stream/written_head.h"

#include <cstddef>
#include <utility>

#include "receiver/stream/fletcher4.h"
#include "receiver/stream/stream_record.h"

namespace czb::receiver {
namespace {

// The one that a compound stream of zfs send has: nothing reads it there.
constexpr std::uint64_t head_features = feature_spill;

bool is_here(const PresentTree& present, const std::string& relative, std::uint64_t guid) {
  const auto dataset = present.find(relative);
  return dataset != present.end() && dataset->second.snapshots.count(guid) != 0;
}

}  // namespace

Package what_comes(const Package& package, const std::string& top, const PresentTree& present,
                   const PropertyRules& rules, LeftOut& left_out) {
  Package next;
  next.to = package.to;
  next.recursive = package.recursive;
  for (const PackedDataset& dataset : package.datasets) {
    PackedDataset comes;
    comes.id = "0x" + std::to_string(next.datasets.size() + 1);  // zfs receive only wants them to differ
    comes.relative = dataset.relative;
    const std::string name = dataset.relative.empty() ? top : top + "/" + dataset.relative;
    for (const PackedSnapshot& snapshot : dataset.snapshots) {
      if (is_here(present, dataset.relative, snapshot.guid)) continue;
      // zfs receive ends itself where a snapshot that comes has no list of them.
      comes.snapshots.push_back({snapshot.name, snapshot.guid, PackedProperties()});
      if (snapshot.properties)
        comes.snapshots.back().properties =
            kept_of_snapshot(*snapshot.properties, rules, name + "@" + snapshot.name, left_out);
    }
    if (!comes.snapshots.empty() && dataset.properties)
      comes.properties =
          kept_of_dataset(*dataset.properties, rules, name, present.count(dataset.relative) == 0, left_out);
    next.datasets.push_back(std::move(comes));
  }
  return next;
}

std::string package_records(const std::string& snapshot, std::uint64_t features, const std::string& payload) {
  BeginRecord begin;
  begin.compound = true;
  begin.features = features;
  begin.payload = static_cast<std::uint32_t>(payload.size());
  const std::size_t separator = snapshot.find('@');
  begin.dataset = snapshot.substr(0, separator);
  begin.snapshot = snapshot.substr(separator + 1);
  std::string bytes = write_begin(begin) + payload;
  bytes += write_end(fletcher4(bytes));
  return bytes;
}

std::string head_for_zfs(const StreamHead& head, const PresentTree& present, const PropertyRules& rules,
                         LeftOut& left_out) {
  if (!head.begin.compound) return head.last_record;
  const std::string& top = head.begin.dataset;
  const std::string payload =
      head.package ? encode_package(what_comes(*head.package, top, present, rules, left_out), top) : "";
  return package_records(head.begin.dataset + "@" + head.begin.snapshot, head.begin.features & head_features, payload) +
         head.last_record;
}

}  // namespace czb::receiver
