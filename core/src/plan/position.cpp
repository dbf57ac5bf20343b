// SPDX-License-Identifier: MIT
#include "plan/position.h"

#include <algorithm>

#include "zfs/names.h"

namespace czb {
namespace {

const Bookmark* bookmark_of_guid(const Dataset& dataset, std::uint64_t guid) {
  const auto found = std::find_if(dataset.bookmarks.rbegin(), dataset.bookmarks.rend(),
                                  [&](const Bookmark& bookmark) { return bookmark.guid == guid; });
  return found == dataset.bookmarks.rend() ? nullptr : &*found;
}

}  // namespace

std::optional<OriginInTree> origin_in_tree(const Inventory& source, const Dataset& here) {
  const std::size_t at = here.origin.find('@');
  if (at == std::string::npos) return std::nullopt;
  const std::optional<std::string> relative = relative_name(here.origin.substr(0, at), source.root);
  if (!relative) return std::nullopt;
  const Dataset* dataset = source.find(*relative);
  if (dataset == nullptr) return std::nullopt;
  const Snapshot* snapshot = dataset->find_by_name(here.origin.substr(at + 1));
  if (snapshot == nullptr) return std::nullopt;
  return OriginInTree{*relative, snapshot};
}

bool receive_finds_origin(const std::string& clone, const std::string& origin) {
  std::size_t shared = 0;  // bytes of the parent that is searched when the origin can be found first, with its '/'
  for (std::size_t slash = 0; (slash = clone.find('/', shared)) != std::string::npos; shared = slash + 1)
    if (origin.compare(0, slash + 1, clone, 0, slash + 1) != 0 && origin != clone.substr(0, slash)) {
      if (origin.size() < shared) return true;  // it is that parent
      const std::string skipped = "/" + clone.substr(shared, slash - shared) + "/";
      return ("/" + origin.substr(shared) + "/").find(skipped) == std::string::npos;
    }
  return true;
}

const Snapshot* finishes_with(const Inventory& source, const std::string& relative, const Dataset& there) {
  const Dataset* here = source.find(relative);
  if (here == nullptr || !there.partial || !there.partial->problem.empty()) return nullptr;
  const PartialReceive& partial = *there.partial;
  const Snapshot* to = here->find_by_guid(partial.to_guid);
  if (to == nullptr) return nullptr;
  // zfs send -t would send in clear what is encrypted: no stream of ours left such a token behind.
  if (!here->encryption_root.empty() && !partial.raw) return nullptr;
  if (!there.snapshots.empty()) {
    const bool has_base =
        here->find_by_guid(partial.from_guid) != nullptr || bookmark_of_guid(*here, partial.from_guid) != nullptr;
    return has_base && there.newest()->guid == partial.from_guid ? to : nullptr;
  }
  if (partial.from_guid == 0) return to;
  const std::optional<OriginInTree> origin = origin_in_tree(source, *here);
  return origin && origin->snapshot->guid == partial.from_guid ? to : nullptr;
}

std::optional<std::string> name_error(const std::string& name, const Dataset& here, const Snapshot* common) {
  if (const auto wrong = dataset_name_error(name)) return name + " is no name for a dataset: " + *wrong;
  std::optional<std::string> error;
  for (const Snapshot& snapshot : here.snapshots)
    if (!error && (common == nullptr || snapshot.createtxg > common->createtxg))
      error = full_name_error(name, snapshot.name);
  return error;
}

namespace {

Position position_by_guid(const Inventory& source, const Inventory& target, const std::string& relative) {
  Position position;
  position.here = source.find(relative);
  position.there = target.find(relative);
  if (position.there == nullptr) return position;
  const Dataset& here = *position.here;
  const Dataset& there = *position.there;
  position.resumed = there.resume_token.empty() ? nullptr : finishes_with(source, relative, there);
  if (there.snapshots.empty()) {
    if (there.resume_token.empty() && !here.snapshots.empty()) position.obstacle = Obstacle::no_snapshots;
    return position;
  }
  position.common = newest_common(here, there);
  if (position.common == nullptr || position.common->guid != there.newest()->guid) {
    position.bookmark = bookmark_of_guid(here, there.newest()->guid);
    // Nothing newer than the bookmark is there to be sent: the target simply has more.
    if (position.bookmark == nullptr)
      position.obstacle = position.common == nullptr ? Obstacle::nothing_in_common : Obstacle::diverged;
    else if (there.written > 0 && position.bookmark->createtxg < here.newest_txg())
      position.obstacle = Obstacle::modified;
    return position;
  }
  if (there.written > 0 && position.common != here.newest()) position.obstacle = Obstacle::modified;
  return position;
}

}  // namespace

Position position_of(const Inventory& source, const Inventory& target, const std::string& relative) {
  Position position = position_by_guid(source, target, relative);
  if (position.obstacle != Obstacle::none) return position;
  const Snapshot* newest = position.here->newest();
  if (newest == nullptr || (position.common != nullptr && position.common == newest)) return position;
  position.name_error = name_error(target.full_name(relative), *position.here, position.common);
  if (position.name_error) position.obstacle = Obstacle::name_too_long;
  return position;
}

}  // namespace czb
