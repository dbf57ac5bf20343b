// SPDX-License-Identifier: MIT
// As receiver/serve/carry_out_receive.cpp goes about it, by the same functions, with the pool's values for what it
// lists.
#include <algorithm>
#include <cstdint>
#include <map>
#include <stdexcept>
#include <utility>

#include "error.h"
#include "fixtures/key_data_builder.h"
#include "fixtures/stream_builder.h"
#include "libzfs/key_files.h"
#include "libzfs/listing.h"
#include "libzfs/play.h"
#include "receiver/answer.h"
#include "receiver/keys/encryption_roots.h"
#include "receiver/keys/key_pins.h"
#include "receiver/keys/listed_roots.h"
#include "receiver/stream/native_nvlist.h"
#include "receiver/stream/stream_head.h"
#include "receiver/stream/stream_scan.h"
#include "receiver/stream/unchanged.h"
#include "receiver/stream/written_head.h"
#include "zfs/inventory.h"

namespace czb::libzfs {
namespace {

using receiver::BeginRecord;
using receiver::PresentTree;
using receiver::Refused;
using receiver::StreamHead;

// A number stands for all that is wrapped.
std::string key_of(const Stream& stream) {
  constexpr std::size_t most_kept = 1000;
  thread_local std::map<std::uint64_t, std::string> kept;
  if (kept.size() > most_kept) kept.clear();
  std::string& payload = kept[*stream.raw_key];
  if (payload.empty()) {
    test::KeyData key;
    key.salt = *stream.raw_key;
    payload = test::key_payload(key);
  }
  return payload;
}

BeginRecord begin_of(const Stream& stream) {
  BeginRecord begin;
  begin.dataset = stream.dataset;
  begin.snapshot = stream.snapshot;
  begin.to_guid = stream.to_guid;
  begin.from_guid = stream.from_guid;
  begin.is_clone = stream.is_clone;
  begin.is_volume = stream.is_volume;
  if (stream.raw_key) {
    begin.features = receiver::feature_raw;
    begin.payload = static_cast<std::uint32_t>(key_of(stream).size());
  }
  return begin;
}

Stream stream_of(const BeginRecord& begin) {
  Stream stream;
  stream.dataset = begin.dataset;
  stream.snapshot = begin.snapshot;
  stream.to_guid = begin.to_guid;
  stream.from_guid = begin.from_guid;
  stream.is_clone = begin.is_clone;
  stream.is_volume = begin.is_volume;
  if ((begin.features & receiver::feature_raw) != 0) stream.raw_key = 0;
  return stream;
}

std::string rest_of(const Stream& stream) {
  const bool is_raw = stream.raw_key.has_value();
  std::string bytes = is_raw ? key_of(stream) : std::string();
  bytes += receiver::write_nothing();
  // What a volume consists of (volume_objects.h).
  if (stream.is_volume) bytes += test::volume_records(is_raw);
  return bytes + receiver::write_end();
}

class ThroughReceiver final : public Play {
 public:
  ThroughReceiver(Host& host, const Session& session)
      : host_(host),
        session_(session),
        zfs_(host.version, session.dataset),
        keys_(state_folder,
              {[this](const std::string& dataset) { return key_here(dataset); },
               [this](const std::string& dataset) { return is_root_here(dataset); },
               [this](const std::string& dataset) { return pool().find(dataset) == nullptr; }},
              session.dataset,
              {[this](const std::string& path) { return read_file(path); },
               [this](const std::string& path, std::string_view text) { host_.key_files[path] = text; }}) {}
  ~ThroughReceiver() override { unlock(); }

  bool step() override {
    if (!roots_.empty()) {
      set_roots();
      compare();
      unlock();
      return false;
    }
    try {
      if (!scan_) {
        begin();
        return true;
      }
      if (next_ < session_.streams.size() && next_ <= session_.breaks_off_at) {
        next_stream();
        return true;
      }
      if (session_.breaks_off_at == never && session_.package) scan_->feed(receiver::write_end());
    } catch (const Refused& refused) {
      outcome_.refusal = refused.what();
    } catch (const Error& busy) {
      outcome_.refusal = busy.what();
    }
    if (outcome_.reached_zfs && end()) return true;  // then set_roots() is next
    unlock();
    return false;
  }

  const Outcome& outcome() const override { return outcome_; }

 private:
  const Pool& pool() const { return host_.pool; }

  std::optional<std::string> read_file(const std::string& path) const {
    const auto file = host_.key_files.find(path);
    return file == host_.key_files.end() ? std::nullopt : std::optional(file->second);
  }

  std::optional<std::string> key_here(const std::string& name) const {
    const Dataset* const dataset = pool().find(name);
    if (dataset == nullptr || dataset->key == 0 || dataset->snapshots.empty()) return std::nullopt;
    return fingerprint_of(pool().keys.at(dataset->key).content);
  }

  std::optional<bool> is_root_here(const std::string& name) const {
    const Dataset* const dataset = pool().find(name);
    if (dataset == nullptr || dataset->key == 0 || dataset->snapshots.empty()) return std::nullopt;
    return pool().is_own_root(*dataset);
  }

  // core/src/execute/dataset_lock.h
  void lock() {
    for (const auto& [dataset, tree] : host_.locks)
      if (dataset == locked_ || (tree && is_below(locked_, dataset)) || (locks_tree_ && is_below(dataset, locked_)))
        throw Error(ExitCode::busy, "dataset is busy");
    host_.locks.emplace_back(locked_, locks_tree_);
    holds_ = true;
  }

  void unlock() {
    if (std::exchange(holds_, false)) std::erase(host_.locks, std::pair(locked_, locks_tree_));
  }

  PresentTree list() const { return present_tree(pool(), locked_, locks_tree_); }

  // look()
  receiver::StreamFacts facts() const {
    receiver::StreamFacts facts;
    if (head_.begin.compound) {
      facts.present = receiver::part_of(before_, locked_, session_.dataset);
      if (facts.present.empty()) facts.parent_exists = pool().find(parent_of(session_.dataset)) != nullptr;
    } else if (const Dataset* const there = pool().find(session_.dataset)) {
      facts.present[""].is_volume = there->is_volume;
    }
    if (needs_origins(head_, facts.present)) {
      facts.snapshots = snapshots_in(pool(), root);
      facts.volumes = volumes_in(pool(), root);
    }
    return facts;
  }

  void begin() {
    sent_ = session_.head;
    sent_ += session_.streams.empty() ? receiver::write_end() : receiver::write_begin(begin_of(session_.streams[0]));
    std::string_view rest = sent_;
    head_ = receiver::read_head([&](std::size_t count) {
      const std::string piece(rest.substr(0, count));
      rest.remove_prefix(piece.size());
      return piece;
    });
    if (pool().find(session_.dataset) == nullptr && pool().find(parent_of(session_.dataset)) == nullptr)
      throw Refused("the place is not here");
    // locked_part()
    const bool all = head_.tells_of_keys() || needs_origins(head_, {});
    locked_ = all ? root : session_.dataset;
    locks_tree_ = all || head_.is_recursive();
    lock();
    before_ = list();
    const receiver::StreamFacts looked = facts();
    receiver::check_listed_roots(head_, session_.dataset, looked.present, keys_);
    scan_.emplace(head_, receiver::StreamRules(session_.dataset, head_, looked),
                  [this](const receiver::StreamPlace& place, std::string_view payload) { admit(place, payload); });
    receiver::LeftOut left_out;
    written_ = receiver::head_for_zfs(head_, looked.present, {}, left_out);
    outcome_.reached_zfs = true;
    if (!session_.package) return;
    std::string_view bytes = written_;
    zfs_.take_head(host_.pool, bytes);
    if (bytes != head_.last_record) throw std::logic_error("zfs receive reads another head than was written");
  }

  void admit(const receiver::StreamPlace& place, std::string_view payload) {
    const receiver::NativeList list = receiver::parse_native_nvlist(payload);
    const receiver::NativeList& parts = receiver::find_native(list, "crypt_keydata")->list;
    const std::uint64_t key = receiver::native_number(*receiver::find_native(parts, "pbkdf2salt"));
    if (!place.was_there) keyed_.insert(place.dataset);
    keys_.admit(place.dataset, place.was_there, {fingerprint_of(key), place.is_encryption_root, wrapping}, place.origin,
                place.in_stream);
  }

  void next_stream() {
    const std::size_t at = next_++;
    const Stream& stream = session_.streams[at];
    if (at > 0) scan_->feed(receiver::write_begin(begin_of(stream)));
    const bool whole = at != session_.breaks_off_at;
    try {
      // The beginning has gone on; a refusal lets nothing of this on.
      scan_->feed(whole ? rest_of(stream) : rest_of(stream).substr(0, stream.raw_key ? key_of(stream).size() : 0));
      outcome_.addressed.insert(place_of(session_, stream));
      zfs_.take_stream(host_.pool, stream, whole);
    } catch (const Refused&) {
      zfs_.take_stream(host_.pool, stream, false);
      throw;
    }
  }

  // Also where something was refused: the stream breaks off for zfs receive. Whether encryption roots are to be set.
  bool end() {
    zfs_.end(host_.pool);
    host_.has_asked_version |= zfs_.has_asked_version();
    outcome_.well = zfs_.well() && session_.breaks_off_at == never;
    // Leftovers
    if (!outcome_.well || !outcome_.refusal.empty())
      for (const std::string& dataset : keyed_)
        if (pool().find(dataset) == nullptr) host_.key_files.erase(key_file_path(dataset));
    if (outcome_.refusal.empty() && head_.tells_of_keys()) look_at_roots();
    if (!roots_.empty()) return true;
    compare();
    return false;
  }

  void compare() {
    const std::vector<std::string> found = receiver::differences(before_, list(), locked_, moved_);
    if (!found.empty()) outcome_.alarm = found.front();
  }

  bool may_become(const std::string& relative, bool is_root) const {
    const std::string dataset = relative.empty() ? session_.dataset : session_.dataset + "/" + relative;
    const auto was = before_.find(relative_name(dataset, locked_).value_or(""));
    return was == before_.end() || was->second.snapshots.empty() || keys_.may_become(dataset, is_root);
  }

  // keys/correct_roots.cpp, before zfs receive is started
  void look_at_roots() {
    const PresentTree tree = receiver::part_of(list(), locked_, session_.dataset);
    const bool is_encrypted =
        std::any_of(tree.begin(), tree.end(), [](const auto& each) { return !each.second.encryption_root.empty(); });
    const auto top = tree.find("");
    const receiver::PackedSnapshot* const to = head_.package->find("")->find(head_.package->to);
    if (!is_encrypted || top == tree.end() || to == nullptr || top->second.snapshots.count(to->guid) == 0) return;
    try {
      const std::vector<receiver::RootChange> changes = receiver::root_changes(
          *head_.package, session_.dataset, tree, key_locations(pool(), session_.dataset),
          [this](const std::string& relative, bool is_root) { return may_become(relative, is_root); });
      if (changes.empty()) return;
      for (const receiver::RootChange& change : changes)
        moved_.insert(change.relative.empty() ? session_.dataset : session_.dataset + "/" + change.relative);
      roots_ = receiver::root_changes_stream(changes, session_.dataset, top->second, head_.package->to);
    } catch (const Error&) {
      // A copy is in the way: said, and nothing done.
    }
  }

  // … and what that does.
  void set_roots() {
    std::string_view bytes = roots_;
    Receive zfs(host_.version, session_.dataset);
    zfs.take_head(host_.pool, bytes);
    zfs.take_stream(host_.pool, stream_of(receiver::parse_begin(bytes.substr(0, receiver::record_bytes))));
    zfs.end(host_.pool);
    host_.has_asked_version |= zfs.has_asked_version();
  }

  Host& host_;
  const Session& session_;
  Receive zfs_;
  receiver::KeyPins keys_;
  std::string sent_;
  std::string written_;
  StreamHead head_;
  std::string locked_;
  bool locks_tree_ = false;
  bool holds_ = false;
  PresentTree before_;
  std::optional<receiver::StreamScan> scan_;
  std::size_t next_ = 0;
  std::string roots_;  // our own package, of encryption roots
  std::set<std::string> moved_;
  std::set<std::string> keyed_;  // datasets that were not there, with a key file now
  Outcome outcome_;
};

}  // namespace

std::unique_ptr<Play> through_receiver(Host& host, const Session& session) {
  return std::make_unique<ThroughReceiver>(host, session);
}

}  // namespace czb::libzfs
