// SPDX-License-Identifier: MIT
#include "libzfs/receive.h"

#include <algorithm>
#include <utility>

#include "libzfs/search.h"

namespace czb::libzfs {
namespace {

// zfs_receive_one: where no such dataset is here, its place is looked for by guids.
std::string place_of(const Pool& pool, const std::string& name, const Header* header, const Stream& stream,
                     std::string_view sent, bool is_new) {
  if (is_new) {
    const std::string parent = parent_of(name);
    if (parent.empty() || pool.find(parent) != nullptr) return name;
    const ListedDataset* const listed = header == nullptr ? nullptr : header->find(stream.to_guid).dataset;
    const auto found = guid_to_name(pool, parent, listed == nullptr ? 0 : listed->parent_from);
    if (!found) return name;
    if (found->find('@') == std::string::npos) throw Aborted();
    return found->substr(0, found->find('@')) + name.substr(name.rfind('/'));
  }
  if (stream.dataset.size() == sent.size() || pool.find(name) != nullptr) return name;
  const auto found = guid_to_name(pool, name, stream.from_guid);
  if (!found) return name;
  if (found->find('@') == std::string::npos) throw Aborted();
  return found->substr(0, found->find('@'));
}

bool has_guid(const Pool& pool, const std::string& name, Guid guid) {
  const Dataset* const dataset = pool.find(name);
  return dataset != nullptr && std::any_of(dataset->snapshots.begin(), dataset->snapshots.end(),
                                           [&](const Snapshot& each) { return each.guid == guid; });
}

}  // namespace

void Receive::take_head(Pool& pool, std::string_view& bytes) {
  header_ = read_header(bytes);
  if (!header_) {
    well_ = reads_ = false;
    aborted_ = true;  // an error, but there is nothing more that it does
    return;
  }
  sent_ = header_->top;
  try {
    if (header_->from && header_->recursive) replicate(pool);
  } catch (const Aborted&) {
    well_ = reads_ = false;
    aborted_ = true;
  }
}

void Receive::take_stream(Pool& pool, const Stream& stream, bool whole) {
  if (!reads_) return;
  if (!header_) sent_ = stream.dataset;
  try {
    receive_one(pool, stream, whole);
  } catch (const Aborted&) {
    well_ = reads_ = false;
    aborted_ = true;
  }
}

void Receive::receive_one(Pool& pool, const Stream& stream, bool whole) {
  const auto failed = [&] { well_ = reads_ = false; };
  const Header::Found listed = header_ ? header_->find(stream.to_guid) : Header::Found();
  if (listed.snapshot != nullptr && !listed.snapshot->properties) throw Aborted();
  if (stream.dataset.size() < sent_.size()) return failed();
  std::string name = dataset_ + stream.dataset.substr(sent_.size());  // whatever comes before that

  Incoming incoming;
  if (stream.is_clone) {
    const auto origin = guid_to_name(pool, name + "@" + stream.snapshot, stream.from_guid);
    if (!origin) return failed();
    const std::size_t at = origin->find('@');
    Dataset* const owner = pool.find(origin->substr(0, at));
    const Snapshot* const found = at == std::string::npos ? nullptr : find_snapshot(*owner, origin->substr(at + 1));
    if (found != nullptr) incoming.origin = found->object;
  }
  const bool is_new = stream.from_guid == 0 || stream.is_clone;
  name = place_of(pool, name, header_ ? &*header_ : nullptr, stream, sent_, is_new);
  const Dataset* const there = pool.find(name);
  if (there != nullptr) {
    if (is_new) return failed();
    if (stream.raw_key && there->key == 0) return failed();
  } else if (!is_new || pool.find(parent_of(name)) == nullptr) {
    return failed();
  }
  if (top_.empty()) top_ = name;

  incoming.dataset = name;
  incoming.snapshot = stream.snapshot;
  incoming.to_guid = stream.to_guid;
  incoming.from_guid = stream.from_guid;
  incoming.is_clone = stream.is_clone;
  incoming.is_volume = stream.is_volume;
  incoming.raw_key = stream.raw_key;
  const bool has_properties = listed.dataset != nullptr && listed.dataset->properties;
  incoming.stays_clear = !stream.raw_key && has_properties;
  const Answer answer = whole ? receive(pool, incoming) : Answer::invalid;
  if (answer == Answer::exists || answer == Answer::no_entry) {
    if (!has_guid(pool, name, stream.to_guid)) failed();  // else recv_skip
    return;
  }
  if (answer != Answer::ok) return failed();
  if (has_properties) pool.find(name)->properties = *listed.dataset->properties;
  if (listed.snapshot != nullptr)
    find_snapshot(*pool.find(name), stream.snapshot)->properties = *listed.snapshot->properties;
}

void Receive::end(Pool& pool) {
  if (aborted_ || !header_) return;
  bool is_left = false;
  try {
    if (header_->recursive && header_->from) is_left = replicate(pool);
    if (!header_->raw || top_.empty()) return;
    has_asked_version_ = true;
    if (version_ == Version::v2_3)
      fix_roots_2_3(pool);
    else if (!is_left)
      fix_roots_2_1(pool);
  } catch (const Aborted&) {
    well_ = false;
    aborted_ = true;
  }
}

// False where it gives up.
bool Receive::fix_root(Pool& pool, const std::string& name, const ListedDataset& listed) const {
  Dataset* const dataset = pool.find(name);
  if (dataset == nullptr || dataset->key == 0) return dataset != nullptr;
  if (listed.is_encryption_root) {
    if (dataset->origin == 0 && !pool.is_own_root(*dataset) && force_new_key(pool, name) != Answer::ok) return false;
    if (!listed.key_location) throw Aborted();
    if (dataset->key_location != *listed.key_location && !pool.is_own_root(*dataset)) return false;
    dataset->key_location = *listed.key_location;
  } else if (pool.is_own_root(*dataset) && name != top_) {
    return force_inherit(pool, name) == Answer::ok;
  }
  return true;
}

// The header's datasets one after the other: the first snapshot of each that is anywhere in the pool.
void Receive::fix_roots_2_1(Pool& pool) const {
  for (const ListedDataset& listed : header_->datasets) {
    if (!listed.properties) throw Aborted();
    std::optional<std::string> found;
    for (const ListedSnapshot& each : listed.snapshots)
      if ((found = guid_to_name(pool, top_, each.guid))) break;
    if (found && !fix_root(pool, found->substr(0, found->find('@')), listed)) return;
  }
}

// The datasets that are here one after the other: the first snapshot of each that the header lists anywhere.
void Receive::fix_roots_2_3(Pool& pool) const {
  for (const Gathered& here : gather(pool, top_, "", header_->recursive)) {
    const Dataset* const dataset = pool.find(here.name);
    if (dataset == nullptr) return;
    if (dataset->key == 0) continue;
    const ListedDataset* listed = nullptr;
    for (const auto& [name, guid] : here.snapshots)
      if ((listed = header_->find(guid).dataset) != nullptr) break;
    if (listed == nullptr) continue;
    if (!listed->properties) throw Aborted();
    if (!fix_root(pool, here.name, *listed)) return;
  }
}

}  // namespace czb::libzfs
