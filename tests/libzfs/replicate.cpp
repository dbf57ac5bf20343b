// SPDX-License-Identifier: MIT
// recv_incremental_replication: the header of a tree's increment against what is here, before and after the streams.
#include <algorithm>
#include <utility>

#include "libzfs/receive.h"
#include "libzfs/search.h"

namespace czb::libzfs {
namespace {

class Pass {
 public:
  Pass(Pool& pool, const Header& header, std::string dataset)
      : pool_(pool), header_(header), to_(std::move(dataset)), from_(*header.from) {}

  // Whether another pass is needed, and whether this one got anywhere.
  struct Outcome {
    bool needs_more = false;
    bool progress = false;
    bool gave_up = false;
  };

  Outcome run() {
    local_ = gather(pool_, to_, from_, header_.recursive);
    if (local_.empty()) outcome_.gave_up = true;
    for (const Gathered& each : local_) {
      if (outcome_.gave_up) break;
      take(each);
    }
    return outcome_;
  }

 private:
  void note(bool done) { (done ? outcome_.progress : outcome_.needs_more) = true; }

  // fsavl_find in what is here: the first that has the guid.
  const Gathered* local_with(Guid guid, std::string* snapshot = nullptr) const {
    for (const Gathered& each : local_)
      for (const auto& [name, number] : each.snapshots) {
        if (number != guid) continue;
        if (snapshot != nullptr) *snapshot = name;
        return &each;
      }
    return nullptr;
  }

  void take(const Gathered& here) {
    const ListedDataset* listed = nullptr;
    for (const auto& [name, guid] : here.snapshots)
      if ((listed = header_.find(guid).dataset) != nullptr) break;
    if (listed != nullptr && here.origin != listed->origin) return take_origin(here, listed->origin);
    Guid from_guid = 0;
    for (const auto& [name, guid] : here.snapshots) {
      const Header::Found found = header_.find(guid);
      if (found.dataset == nullptr) continue;
      listed = found.dataset;
      take_snapshot(here, name, found);
      if (found.snapshot->name == from_) from_guid = guid;
    }
    if (listed != nullptr && from_guid != 0) take_place(here, *listed);
  }

  // Another origin than at the sender: it is promoted where that makes it the older one.
  void take_origin(const Gathered& here, Guid sent) {
    switch (older(sent, here.origin)) {
      case 1: {
        const Gathered* const origin = local_with(here.origin);
        if (origin == nullptr) throw Aborted();
        if (promote_it(here.name)) outcome_.progress = true;
        break;
      }
      case -1:
        outcome_.gave_up = true;
        return;
      default:
        break;
    }
    outcome_.needs_more = true;
  }

  // created_before
  int older(Guid first, Guid second) const {
    if (second == 0) return 0;
    if (first == 0) return 1;
    const auto when = [&](Guid guid) -> Object {
      std::string name;
      const Gathered* const owner = local_with(guid, &name);
      if (owner == nullptr) throw Aborted();
      Dataset* const dataset = pool_.find(owner->name);
      const Snapshot* const snapshot = dataset == nullptr ? nullptr : find_snapshot(*dataset, name);
      return snapshot == nullptr ? 0 : snapshot->object;
    };
    const Object a = when(first);
    if (a == 0) return -1;
    const Object b = when(second);
    if (b == 0) return -1;
    return a < b ? -1 : a > b ? 1 : 0;
  }

  // recv_promote. What the clone's own origin is to become, a root of its own, is looked for by a snapshot's name as if
  // it were a dataset's: it is not found.
  bool promote_it(const std::string& name) { return promote(pool_, name) == Answer::ok; }

  void take_snapshot(const Gathered& here, const std::string& name, const Header::Found& found) {
    Dataset* const dataset = pool_.find(here.name);
    Snapshot* const snapshot = dataset == nullptr ? nullptr : find_snapshot(*dataset, name);
    if (snapshot != nullptr && found.snapshot->properties) snapshot->properties = *found.snapshot->properties;
    if (found.snapshot->name == name) return;
    note(rename_it(here.name + "@" + name, here.name + "@" + std::string(found.snapshot->name), here.name.size() + 1));
  }

  // Another parent than at the sender, or another name.
  void take_place(const Gathered& here, const ListedDataset& listed) {
    const bool moved = listed.parent_from != 0 && here.parent_from != 0 && listed.parent_from != here.parent_from;
    const auto last = [](std::string_view name) {
      const std::size_t slash = name.rfind('/');
      return slash == std::string_view::npos ? std::string_view() : name.substr(slash);
    };
    const std::string_view is = last(here.name);
    const std::string_view sent = last(listed.name);
    if (!moved && (to_ == here.name || is.empty() || sent.empty() || is == sent)) return;
    const Gathered* const parent = local_with(listed.parent_from);
    note(rename_it(here.name, parent == nullptr ? "" : parent->name + std::string(sent), to_.size() + 1));
  }

  // recv_rename: where it fails, to a name that is surely free, which counts as a failure. `base`: how much of the name
  // stays then.
  bool rename_it(const std::string& from, const std::string& to, std::size_t base) {
    if (pool_.find(from.substr(0, from.find('@'))) == nullptr) return false;
    if (rename_anywhere(from, to) == Answer::ok) return true;
    if (from.size() > base && from.compare(base, 5, "recv-") == 0) return false;
    rename_anywhere(from, from.substr(0, base) + "recv-1-" + std::to_string(pool_.next_object++));
    return false;
  }

  // recv_rename_impl
  Answer rename_anywhere(const std::string& from, const std::string& to) {
    const Answer answer = rename(pool_, from, to);
    if (answer != Answer::no_access) return answer;
    const Dataset* const dataset = pool_.find(from);
    if (dataset->origin != 0) return Answer::no_entry;  // recv_open_grand_origin opens a snapshot as a dataset
    if (const Answer made = force_new_key(pool_, from); made != Answer::ok) return made;
    return rename(pool_, from, to);
  }

  Pool& pool_;
  const Header& header_;
  std::string to_;
  std::string from_;
  std::vector<Gathered> local_;
  Outcome outcome_;
};

}  // namespace

bool Receive::replicate(Pool& pool) const {
  constexpr int most_passes = 20;  // a header can have it rename for ever
  for (int pass = 0; pass < most_passes; ++pass) {
    const Pass::Outcome outcome = Pass(pool, *header_, dataset_).run();
    if (outcome.gave_up) return true;
    if (!outcome.needs_more || !outcome.progress) return outcome.needs_more;
  }
  return true;
}

}  // namespace czb::libzfs
