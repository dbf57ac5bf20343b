// SPDX-License-Identifier: MIT
// The moves of somebody who has the key, knows all guids of the backup host, and writes what he likes.
#include <algorithm>
#include <cstddef>
#include <set>
#include <string_view>
#include <utility>

#include "libzfs/session.h"

namespace czb::libzfs {
namespace {

using receiver::Package;
using receiver::PackedDataset;
using receiver::PackedProperties;
using receiver::PackedSnapshot;

class Forger {
 public:
  Forger(Random& random, const World& world, Session& session) : random_(random), world_(world), session_(session) {}

  void run() {
    const std::size_t moves = random_.chance(50) ? 1 : 1 + random_.below(4);
    for (std::size_t i = 0; i < moves; ++i) {
      if (session_.package && random_.chance(85))
        change_header();
      else
        change_streams();
    }
    if (session_.package && random_.chance(60)) list_each_once();
  }

 private:
  // A guid that means something here, or will.
  Guid some_guid() {
    const Dataset& here = random_.any_of(world_.pool.datasets);
    const std::size_t kind = random_.below(10);
    if (kind < 5 && !here.snapshots.empty()) return random_.any_of(here.snapshots).guid;
    if (kind == 5) return here.guid;
    if (kind == 6) return world_.pool.next_guid + random_.below(3);
    const SentDataset& sent = random_.any_of(world_.sender);
    if (!sent.snapshots.empty() && kind < 9) return random_.any_of(sent.snapshots).second;
    return 20000 + random_.below(1000);
  }

  PackedDataset& any_packed() { return random_.any_of(session_.package->datasets); }

  std::string some_name(const std::string& parent) {
    static const std::string names[] = {"a", "b", "x", "y", "n", "z"};
    const std::string& name = names[random_.below(std::size(names))];
    return parent.empty() ? name : parent + "/" + name;
  }

  void set_root(PackedDataset& dataset, bool is_root) {
    dataset.is_encryption_root = is_root;
    if (!dataset.properties || random_.chance(10)) return;
    std::erase_if(*dataset.properties, [](const auto& each) { return each.name == "keylocation"; });
    if (is_root) dataset.properties->push_back({"keylocation", "file:///k"});
  }

  // A dataset that is not sent, with a guid of another.
  void add_dataset() {
    Package& package = *session_.package;
    PackedDataset added;
    added.id = "0xf" + std::to_string(package.datasets.size());
    const PackedDataset& parent = any_packed();
    added.relative = some_name(parent.relative);
    if (random_.chance(50)) {
      const PackedSnapshot* const base = package.from ? parent.find(*package.from) : parent.find(package.to);
      if (base != nullptr) added.parent_from = base->guid;
    }
    added.properties.emplace();
    set_root(added, random_.chance(40));
    if (random_.chance(40)) added.snapshots.push_back({package.from.value_or("1"), some_guid(), PackedProperties()});
    added.snapshots.push_back({package.to, some_guid(), PackedProperties()});
    const auto place =
        package.datasets.begin() + (random_.chance(50) ? 0 : static_cast<std::ptrdiff_t>(package.datasets.size()));
    package.datasets.insert(place, std::move(added));
  }

  // What comes is listed as it comes.
  void bring_another_guid(PackedDataset& dataset) {
    if (dataset.snapshots.empty()) return;
    PackedSnapshot& snapshot = random_.any_of(dataset.snapshots);
    const Guid guid = some_guid();
    for (Stream& each : session_.streams)
      if (each.to_guid == snapshot.guid) each.to_guid = guid;
    snapshot.guid = guid;
  }

  void change_header() {
    Package& package = *session_.package;
    PackedDataset& dataset = any_packed();
    switch (random_.below(17)) {
      case 0:
      case 1:
      case 2:
        return add_dataset();
      case 3:
        if (package.datasets.size() > 1)
          package.datasets.erase(package.datasets.begin() + (&dataset - package.datasets.data()));
        return;
      case 4:
        return std::swap(dataset, any_packed());
      case 5:
        return bring_another_guid(dataset);
      case 6:
        if (!dataset.snapshots.empty()) random_.any_of(dataset.snapshots).guid = some_guid();
        return;
      case 7:
        dataset.snapshots.insert(dataset.snapshots.begin(), {"q", some_guid(), PackedProperties()});
        return;
      case 8:
        if (dataset.snapshots.size() > 1) dataset.snapshots.erase(dataset.snapshots.begin());
        return;
      case 9:
        return set_root(dataset, !dataset.is_encryption_root);
      case 10:
        package.raw = !package.raw || random_.chance(30);
        return;
      case 11:
        if (package.from && random_.chance(50))
          package.from.reset();
        else if (!dataset.snapshots.empty())
          package.from = random_.any_of(dataset.snapshots).name;
        return;
      case 12:
        if (!dataset.relative.empty()) dataset.relative = some_name(parent_of(dataset.relative));
        return;
      case 13:
        dataset.parent_from = random_.chance(30) ? 0 : some_guid();
        return;
      case 14:
        if (dataset.snapshots.empty()) return;
        if (random_.chance(50))
          random_.any_of(dataset.snapshots).name = "q";
        else
          random_.any_of(dataset.snapshots).properties = PackedProperties{{"e:forged", std::string("1")}};
        return;
      case 15: {
        const auto clone = std::find_if(package.datasets.begin(), package.datasets.end(),
                                        [](const auto& each) { return each.origin != 0; });
        (clone == package.datasets.end() ? dataset : *clone).origin = random_.chance(50) ? 0 : some_guid();
        return;
      }
      default:
        package.recursive = !package.recursive || random_.chance(50);
    }
  }

  void change_streams() {
    if (session_.streams.empty()) return;
    Stream& stream = random_.any_of(session_.streams);
    switch (random_.below(10)) {
      case 0:
        stream.to_guid = some_guid();
        return;
      case 1:
        stream.from_guid = random_.chance(30) ? 0 : some_guid();
        return;
      case 2:
        stream.is_clone = !stream.is_clone;
        if (stream.is_clone) stream.from_guid = some_guid();
        return;
      case 3:
        return std::swap(stream, random_.any_of(session_.streams));
      case 4:
        if (session_.streams.size() > 1)
          session_.streams.erase(session_.streams.begin() + (&stream - session_.streams.data()));
        return;
      case 5:
        stream.dataset = some_name(random_.chance(50) ? session_.top : parent_of(stream.dataset));
        return;
      case 6:
        if (stream.raw_key) stream.raw_key = 2000000 + random_.below(1000);
        return;
      case 7:
        session_.breaks_off_at = random_.below(session_.streams.size());
        return;
      case 8:
        return send_again();
      default:
        stream.snapshot = "q";
    }
  }

  // What is here already.
  void send_again() {
    const SentDataset& sent = random_.any_of(world_.sender);
    if (sent.snapshots.size() < 2) return;
    const std::size_t at = 1 + random_.below(sent.snapshots.size() - 1);
    Stream again;
    again.dataset = sent.relative.empty() ? "tank/s" : "tank/s/" + sent.relative;
    again.snapshot = sent.snapshots[at].first;
    again.to_guid = sent.snapshots[at].second;
    again.from_guid = sent.snapshots[at - 1].second;
    if (sent.is_encrypted) again.raw_key = sent.key;
    const auto place = static_cast<std::ptrdiff_t>(random_.below(session_.streams.size() + 1));
    session_.streams.insert(session_.streams.begin() + place, again);
  }

  // Which a receiver that compares would see first: each guid stays where it was put last.
  void list_each_once() {
    std::set<Guid> seen;
    std::vector<PackedDataset*> order;
    for (PackedDataset& each : session_.package->datasets) order.push_back(&each);
    const std::size_t of_genuine = std::string_view("0x1").size();  // those that were added have longer ones
    std::stable_partition(order.begin(), order.end(), [&](const auto* each) { return each->id.size() > of_genuine; });
    for (PackedDataset* const each : order)
      std::erase_if(each->snapshots,
                    [&](const PackedSnapshot& snapshot) { return !seen.insert(snapshot.guid).second; });
  }

  Random& random_;
  const World& world_;
  Session& session_;
};

}  // namespace

void forge(Random& random, const World& world, Session& session) { Forger(random, world, session).run(); }

}  // namespace czb::libzfs
