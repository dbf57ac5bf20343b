// SPDX-License-Identifier: MIT
#include "libzfs/session.h"

#include <algorithm>
#include <utility>

#include "receiver/stream/written_head.h"

namespace czb::libzfs {
namespace {

using receiver::PackedDataset;
using receiver::PackedProperties;
using receiver::PackedSnapshot;

// "" and "a/x" for "a" and "a/x" in "a".
std::optional<std::string> relative_to(const std::string& name, const std::string& top) {
  if (name == top) return "";
  if (top.empty()) return name;
  return is_below(name, top) ? std::optional(name.substr(top.size() + 1)) : std::nullopt;
}

PackedDataset packed(Random& random, const SentDataset& sent, const std::string& relative, bool all_snapshots) {
  PackedDataset dataset;
  dataset.relative = relative;
  dataset.origin = sent.origin;
  dataset.is_encryption_root = sent.is_encryption_root;
  dataset.properties.emplace();
  dataset.properties->push_back({"e:sent", std::string("1")});
  if (sent.is_encryption_root) dataset.properties->push_back({"keylocation", "file:///k"});
  for (const auto& [name, guid] : sent.snapshots) {
    if (!all_snapshots && guid != sent.snapshots.back().second) continue;
    dataset.snapshots.push_back({name, guid, PackedProperties()});
    // Those that are here have what they came with.
    const bool is_new = guid == sent.snapshots.back().second;
    if (!is_new || random.chance(30))
      dataset.snapshots.back().properties->push_back({is_new ? "e:sent" : "e:here", std::string("1")});
  }
  return dataset;
}

Stream stream_of(const SentDataset& sent, const std::string& name, bool raw) {
  Stream stream;
  stream.dataset = name;
  stream.snapshot = sent.snapshots.back().first;
  stream.to_guid = sent.snapshots.back().second;
  if (sent.snapshots.size() > 1)
    stream.from_guid = sent.snapshots[sent.snapshots.size() - 2].second;
  else
    stream.from_guid = sent.origin;
  stream.is_clone = sent.snapshots.size() == 1 && sent.origin != 0;
  stream.is_volume = sent.is_volume;
  if (raw && sent.is_encrypted) stream.raw_key = sent.key;
  return stream;
}

// What zfs send says of the parents' bases.
void tell_parents(receiver::Package& package) {
  for (PackedDataset& dataset : package.datasets) {
    if (dataset.relative.empty()) continue;
    const PackedDataset* const parent = package.find(parent_of(dataset.relative));
    if (parent == nullptr) continue;
    const PackedSnapshot* base = package.from ? parent->find(*package.from) : nullptr;
    if (base == nullptr) base = parent->find(package.to);
    if (base != nullptr) dataset.parent_from = base->guid;
  }
}

}  // namespace

Session genuine_session(Random& random, World& world, unsigned number) {
  const Kind kind = random.chance(70) ? Kind::tree : random.chance(60) ? Kind::single : Kind::plain;
  const bool whole = random.chance(65) || world.pool.find(root) == nullptr;
  Session session = genuine_session(random, world, number, kind, whole ? "" : random.any_of(world.sender).relative);
  if (random.chance(8)) session.breaks_off_at = random.below(session.streams.size());
  return session;
}

Session genuine_session(Random& random, World& world, unsigned number, Kind kind, const std::string& top) {
  const auto first =
      std::find_if(world.sender.begin(), world.sender.end(), [&](const auto& each) { return each.relative == top; });
  Session session;
  session.dataset = top.empty() ? root : root + "/" + top;
  session.top = top.empty() ? "tank/s" : "tank/s/" + top;

  receiver::Package package;
  package.to = "s" + std::to_string(number);
  package.recursive = kind == Kind::tree;
  if (!first->snapshots.empty() && (kind == Kind::tree || random.chance(50)))
    package.from = first->snapshots.back().first;
  std::vector<SentDataset*> sent;
  for (SentDataset& each : world.sender)
    if (relative_to(each.relative, top) && (kind == Kind::tree || each.relative == top)) sent.push_back(&each);
  package.raw = std::any_of(sent.begin(), sent.end(), [](const auto* each) { return each->is_encrypted; });
  const bool with_intermediate = kind == Kind::tree && random.chance(20);  // -I
  for (SentDataset* const each : sent) {
    const std::string relative = *relative_to(each->relative, top);
    const std::string name = relative.empty() ? session.top : session.top + "/" + relative;
    const auto take = [&](const std::string& snapshot) {
      each->snapshots.emplace_back(snapshot, world.next_sent_guid++);
      session.streams.push_back(stream_of(*each, name, package.raw));
    };
    if (with_intermediate) take("i" + std::to_string(number));
    take(package.to);
    package.datasets.push_back(packed(random, *each, relative, kind == Kind::tree));
    package.datasets.back().id = "0x" + std::to_string(package.datasets.size());
  }
  tell_parents(package);
  if (kind != Kind::plain) session.package = std::move(package);
  return session;
}

std::string place_of(const Session& session, const Stream& stream) {
  const bool is_below_top = session.package && stream.dataset.size() > session.top.size();
  return session.dataset + (is_below_top ? stream.dataset.substr(session.top.size()) : "");
}

void write_head(Session& session) {
  if (!session.package) return;
  session.head = receiver::package_records(session.top + "@" + session.package->to, receiver::feature_spill,
                                           receiver::encode_package(*session.package, session.top));
}

}  // namespace czb::libzfs
