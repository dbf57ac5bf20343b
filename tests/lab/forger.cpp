// SPDX-License-Identifier: MIT
#include "forger.h"

#include <algorithm>
#include <cstring>
#include <exception>
#include <functional>
#include <iterator>
#include <utility>

#include "receiver/stream/nvlist.h"

namespace czb::lab {
namespace {

using receiver::Package;
using receiver::PackedDataset;
using receiver::PackedProperties;
using receiver::PackedSnapshot;

// What a stream may say of a dataset or a snapshot: what other programs obey, what this host would do, and what only
// describes data.
const std::vector<receiver::PackedProperty>& properties() {
  using Value = receiver::PropertyValue;
  static const std::vector<receiver::PackedProperty> all = {
      {"mountpoint", Value("/etc/cron.d")},
      {"mountpoint", Value("legacy")},
      {"canmount", Value(std::uint64_t{1})},
      {"readonly", Value(std::uint64_t{0})},
      {"exec", Value(std::uint64_t{1})},
      {"setuid", Value(std::uint64_t{1})},
      {"devices", Value(std::uint64_t{1})},
      {"sharenfs", Value("rw=@0.0.0.0/0")},
      {"volmode", Value(std::uint64_t{1})},
      {"snapdev", Value(std::uint64_t{1})},
      {"quota", Value(std::uint64_t{1})},
      {"reservation", Value(std::uint64_t{1} << 20)},
      {"snapshot_limit", Value(std::uint64_t{1})},
      {"overlay", Value(std::uint64_t{1})},
      {"keylocation", Value("file:///etc/hostname")},
      {"keylocation", Value("prompt")},
      {"encryption", Value(std::uint64_t{8})},
      {"guid", Value(std::uint64_t{4711})},
      {"org.openzfs.systemd:requires", Value("-\n\t/etc/cron.d")},
      {"org.znapzend:pre_znap_cmd", Value("/bin/sh -c id")},
      {"com.sun:auto-snapshot", Value("true")},
      {"cyber-zfs-backup:base.offsite", Value("offsite@x")},
      {"com.example:note", Value("harmless")},
      {"compression", Value(std::uint64_t{15})},
      {"compression", Value(std::uint64_t{2})},
      {"checksum", Value(std::uint64_t{2})},
      {"redundant_metadata", Value(std::uint64_t{3})},
      {"cyber-zfs-backup.source:com.sun:auto-snapshot", Value("two\nlines")},
      {"atime", Value(std::uint64_t{0})},
      {"no colon", Value("x")},
  };
  return all;
}

class Forger {
 public:
  Forger(const ForgersGround& ground, Dice& dice) : ground_(ground), dice_(dice) {}

  Forgery run() {
    const ForgersGround::Genuine& genuine = dice_.pick(ground_.streams);
    stream_ = genuine.stream;
    std::string dataset = genuine.dataset;
    said_ = stream_.compound ? stream_.dataset + "@" + stream_.snapshot : "a plain stream";
    if (dice_.chance(12)) dataset = dice_.pick(ground_.places);
    // Some are as zfs wants them but for one thing; the others are anything.
    for (int left = dice_.between(1, dice_.chance(50) ? 1 : 4); left > 0; --left) change();
    Forgery forgery;
    forgery.stream = put_together(stream_);
    forgery.dataset = dataset;
    if (dice_.chance(4)) {
      forgery.stream.resize(dice_.below(forgery.stream.size()) + 1);
      say("cut");
    }
    forgery.held_back = dice_.chance(50) ? receiver::record_bytes : dice_.below(forgery.stream.size());
    forgery.is_safe = is_safe_;
    forgery.description = said_ + " to '" + dataset + "'";
    return forgery;
  }

 private:
  using Change = void (Forger::*)();

  void change() {
    static const std::vector<Change> of_headers = {
        &Forger::ghost,         &Forger::ghost,          &Forger::ghost,           &Forger::shadow,
        &Forger::shadow,        &Forger::drop_dataset,   &Forger::twice,           &Forger::shuffle,
        &Forger::other_guid,    &Forger::other_guid,     &Forger::add_snapshot,    &Forger::add_snapshot,
        &Forger::drop_snapshot, &Forger::rename_dataset, &Forger::rename_snapshot, &Forger::toggle_root,
        &Forger::toggle_root,   &Forger::other_parent,   &Forger::other_origin,    &Forger::toggle_flag,
        &Forger::toggle_flag,   &Forger::no_base,        &Forger::no_base,         &Forger::other_base,
        &Forger::set_property,  &Forger::set_property,   &Forger::set_property,    &Forger::no_properties,
        &Forger::odd_pair};
    static const std::vector<Change> of_streams = {&Forger::drop_stream,  &Forger::double_stream, &Forger::swap_streams,
                                                   &Forger::swap_streams, &Forger::other_begin,   &Forger::other_begin,
                                                   &Forger::other_kind,   &Forger::other_name,    &Forger::make_clone,
                                                   &Forger::other_key,    &Forger::other_key,     &Forger::move_end,
                                                   &Forger::empty_stream, &Forger::foreign_stream};
    if (ground_.changes_records && dice_.chance(60)) return other_record();
    const bool header = stream_.package && dice_.chance(65);
    (this->*dice_.pick(header ? of_headers : of_streams))();
  }

  void say(const std::string& what) { said_ += ", " + what; }
  std::uint64_t a_guid() { return dice_.chance(6) ? dice_.below(3) : dice_.pick(ground_.guids); }
  PackedDataset& a_dataset() {
    auto& all = stream_.package->datasets;
    return all.empty() ? none_ : all[dice_.below(all.size())];
  }
  SentDataset& a_stream() { return stream_.sent[dice_.below(stream_.sent.size())]; }
  std::string a_name() {
    const auto& all = stream_.package->datasets;
    if (dice_.chance(40) && !all.empty()) return all[dice_.below(all.size())].relative;
    std::string name = dice_.pick(ground_.places);
    return dice_.chance(30) ? name + (name.empty() ? "" : "/") + "ghost" : name;
  }
  std::string a_snapshot() { return dice_.chance(50) ? stream_.package->to : dice_.pick(ground_.snapshots); }
  std::string fresh_id() { return "0xdead" + std::to_string(++number_); }
  void insert(PackedDataset dataset) {
    auto& all = stream_.package->datasets;
    const std::size_t at = dice_.chance(40) ? 0 : dice_.below(all.size() + 1);
    all.insert(all.begin() + static_cast<std::ptrdiff_t>(at), std::move(dataset));
  }

  // A dataset that is not there, which lists what others have or are about to have.
  void ghost() {
    std::vector<std::pair<std::string, std::uint64_t>> snapshots;
    for (int left = dice_.between(1, 3); left > 0; --left)
      snapshots.emplace_back(left == 1 ? a_snapshot() : "ghost-" + std::to_string(left), a_guid());
    PackedDataset ghost = packed_ghost(a_name(), snapshots);
    ghost.id = fresh_id();
    ghost.is_encryption_root = dice_.chance(25);
    if (dice_.chance(30)) ghost.parent_from = a_guid();
    if (dice_.chance(15)) ghost.origin = a_guid();
    if (dice_.chance(50)) no_increment(*stream_.package);
    insert(std::move(ghost));
    say("a ghost");
  }
  // One that lists all that another one of the header lists, in its place or beside it.
  void shadow() {
    PackedDataset shadow = a_dataset();
    shadow.id = fresh_id();
    shadow.relative += shadow.relative.empty() ? "shadow" : "-shadow";
    shadow.is_encryption_root = dice_.chance(20);
    shadow.parent_from = dice_.chance(50) ? 0 : shadow.parent_from;
    if (dice_.chance(60)) no_increment(*stream_.package);
    if (dice_.chance(30)) drop_dataset();
    insert(std::move(shadow));
    say("a shadow");
  }
  void drop_dataset() {
    auto& all = stream_.package->datasets;
    const std::size_t at = all.empty() ? 0 : dice_.below(all.size());
    // Without its top it is refused at once.
    if (all.empty() || (all[at].relative.empty() && dice_.chance(80))) return;
    all.erase(all.begin() + static_cast<std::ptrdiff_t>(at));
    say("an entry dropped");
  }
  void twice() {
    PackedDataset again = a_dataset();
    if (dice_.chance(80)) again.id = fresh_id();
    if (dice_.chance(70)) again.relative += again.relative.empty() ? "again" : "-again";
    again.is_encryption_root = dice_.chance(50);
    insert(std::move(again));
    say("an entry twice");
  }
  void shuffle() {
    auto& all = stream_.package->datasets;
    for (std::size_t i = all.size(); i > 1; --i) std::swap(all[i - 1], all[dice_.below(i)]);
    say("entries in another order");
  }
  void other_guid() {
    auto& snapshots = a_dataset().snapshots;
    if (snapshots.empty()) return;
    snapshots[dice_.below(snapshots.size())].guid = a_guid();
    say("another guid");
  }
  void add_snapshot() {
    PackedDataset& dataset = a_dataset();
    const std::size_t at = dice_.chance(50) ? 0 : dice_.below(dataset.snapshots.size() + 1);
    const std::string name = dice_.chance(70) ? "added-" + std::to_string(++number_) : a_snapshot();
    dataset.snapshots.insert(dataset.snapshots.begin() + static_cast<std::ptrdiff_t>(at),
                             PackedSnapshot{name, a_guid(), PackedProperties()});
    say("one more snapshot");
  }
  void drop_snapshot() {
    auto& snapshots = a_dataset().snapshots;
    if (snapshots.empty()) return;
    snapshots.erase(snapshots.begin() + static_cast<std::ptrdiff_t>(dice_.below(snapshots.size())));
    say("a snapshot dropped");
  }
  void rename_dataset() {
    PackedDataset& dataset = a_dataset();
    if (dataset.relative.empty() && dice_.chance(80)) return;
    dataset.relative = a_name();
    say("an entry renamed");
  }
  void rename_snapshot() {
    auto& snapshots = a_dataset().snapshots;
    if (snapshots.empty()) return;
    snapshots[dice_.below(snapshots.size())].name = dice_.chance(50) ? "renamed" : a_snapshot();
    say("a listed snapshot renamed");
  }
  void toggle_root() {
    PackedDataset& dataset = a_dataset();
    dataset.is_encryption_root = !dataset.is_encryption_root;
    if (dice_.chance(50)) no_increment(*stream_.package);
    if (dataset.is_encryption_root && dataset.properties)
      dataset.properties->push_back({"keylocation", "file://" + ground_.key_file});
    say("is_encroot of '" + dataset.relative + "' changed");
  }
  void other_parent() {
    a_dataset().parent_from = dice_.chance(30) ? 0 : a_guid();
    say("another parent");
  }
  void other_origin() {
    a_dataset().origin = dice_.chance(30) ? 0 : a_guid();
    say("another origin");
  }
  void toggle_flag() {
    Package& package = *stream_.package;
    if (dice_.chance(50))
      package.raw = !package.raw;
    else
      package.recursive = !package.recursive;
    say("a flag");
  }
  void no_base() {
    no_increment(*stream_.package);
    say("no base");
  }
  void other_base() {
    Package& package = *stream_.package;
    if (dice_.chance(60))
      package.from = dice_.pick(ground_.snapshots);
    else
      package.to = dice_.pick(ground_.snapshots);
    say("another base or end");
  }
  void set_property() {
    PackedDataset& dataset = a_dataset();
    const receiver::PackedProperty& property = dice_.pick(properties());
    std::optional<PackedProperties>* place = &dataset.properties;
    if (dice_.chance(25) && !dataset.snapshots.empty())
      place = &dataset.snapshots[dice_.below(dataset.snapshots.size())].properties;
    if (!*place) place->emplace();
    std::erase_if(**place, [&](const auto& each) { return each.name == property.name; });
    (*place)->push_back(property);
    say("property " + property.name);
  }
  void no_properties() {
    PackedDataset& dataset = a_dataset();
    if (dice_.chance(60))
      dataset.properties.reset();
    else if (!dataset.snapshots.empty())
      dataset.snapshots[dice_.below(dataset.snapshots.size())].properties.reset();
    say("no properties");
  }
  // What the header's values cannot say.
  void odd_pair() {
    const int which = dice_.between(0, 4);
    stream_.change_payload = [which](const std::string& payload) {
      receiver::NvList list;
      try {
        list = receiver::parse_nvlist(payload);
      } catch (const std::exception&) {
        return payload;  // it is odd already
      }
      const auto fss = std::find_if(list.begin(), list.end(), [](const auto& each) { return each.name == "fss"; });
      if (which == 0) list.push_back(receiver::nv_text("holds", "x"));
      if (which == 1) list.insert(list.begin(), receiver::nv_text("tosnap", "3"));
      if (which == 2) list.push_back(receiver::nv_boolean("fromsnap"));
      if (which == 3 && fss != list.end() && !fss->list.empty())
        fss->list[0].list.push_back(receiver::nv_boolean("sent"));
      if (which == 4 && fss != list.end() && !fss->list.empty())
        fss->list[0].list.push_back(
            receiver::nv_list("snapholds", {receiver::nv_list("2", {receiver::nv_number("h", 1)})}));
      return receiver::encode_nvlist(list);
    };
    say("an odd pair");
  }

  void drop_stream() {
    if (stream_.sent.size() < 2 && dice_.chance(80)) return;
    stream_.sent.erase(stream_.sent.begin() + static_cast<std::ptrdiff_t>(dice_.below(stream_.sent.size())));
    if (stream_.sent.empty()) stream_.sent.push_back(dice_.pick(ground_.streams).stream.sent.front());
    say("a stream dropped");
  }
  void double_stream() {
    const SentDataset again = a_stream();
    stream_.sent.insert(stream_.sent.begin() + static_cast<std::ptrdiff_t>(dice_.below(stream_.sent.size() + 1)),
                        again);
    say("a stream twice");
  }
  void swap_streams() {
    std::swap(a_stream(), a_stream());
    say("streams swapped");
  }
  void other_begin() {
    SentDataset& sent = a_stream();
    sent.put(dice_.chance(50) ? at_begin::to_guid : at_begin::from_guid, dice_.chance(15) ? 0 : a_guid());
    say("a beginning's guid");
  }
  void other_kind() {
    SentDataset& sent = a_stream();
    const bool volume = sent.parsed().is_volume;
    sent.put(at_begin::type, volume ? type_filesystem : type_volume);
    is_safe_ = false;
    say("a beginning's kind");
  }
  void other_name() {
    const receiver::BeginRecord begin = a_stream().parsed();
    const std::string top = stream_.compound ? stream_.dataset : begin.dataset;
    const std::string place = dice_.pick(ground_.places);
    a_stream().put_name((place.empty() || dice_.chance(30) ? top : top + "/" + place) + "@" +
                        (dice_.chance(60) ? begin.snapshot : dice_.pick(ground_.snapshots)));
    say("a beginning's name");
  }
  void make_clone() {
    SentDataset& sent = a_stream();
    constexpr std::uint32_t flag_clone = 1;
    std::uint32_t flags = 0;
    std::memcpy(&flags, sent.begin.data() + at_begin::flags, sizeof flags);
    sent.put(at_begin::flags, flags ^ flag_clone);
    if (dice_.chance(70)) sent.put(at_begin::from_guid, a_guid());
    if (stream_.package && dice_.chance(50)) {
      const receiver::BeginRecord begin = sent.parsed();
      for (PackedDataset& each : stream_.package->datasets)
        if (begin.dataset == stream_.dataset + (each.relative.empty() ? "" : "/" + each.relative))
          each.origin = begin.from_guid;
    }
    say("a clone");
  }
  // The wrapped key of another dataset, or of another tree.
  void other_key() {
    std::vector<const SentDataset*> raw;
    for (const ForgersGround::Genuine& each : ground_.streams)
      for (const SentDataset& sent : each.stream.sent)
        if (!sent.payload.empty()) raw.push_back(&sent);
    if (raw.empty()) return other_begin();
    SentDataset& sent = a_stream();
    const SentDataset& other = *raw[dice_.below(raw.size())];
    sent.payload = other.payload;
    say("another's key");
  }
  void move_end() {
    if (!stream_.compound || dice_.chance(30)) {
      a_stream().end.clear();
    } else if (dice_.chance(40)) {
      stream_.last += stream_.last;
    } else if (dice_.chance(50)) {
      stream_.last.clear();
    } else if (stream_.sent.size() > 1) {
      // The end of all before the last stream.
      stream_.sent[stream_.sent.size() - 2].end += stream_.last;
    }
    say("an end");
  }
  void empty_stream() {
    SentDataset& sent = a_stream();
    is_safe_ = is_safe_ && !sent.parsed().is_volume;
    sent.records.clear();
    say("a stream without records");
  }
  void other_record() {
    SentDataset& sent = a_stream();
    std::vector<std::string> all = sent.split();
    if (all.empty()) return;
    const std::size_t at = dice_.below(all.size());
    const auto place = all.begin() + static_cast<std::ptrdiff_t>(at);
    const int which = dice_.between(0, 5);
    if (which == 0) {
      all.erase(place);
    } else if (which == 1) {
      all.insert(all.begin() + static_cast<std::ptrdiff_t>(dice_.below(all.size() + 1)), std::string(*place));
    } else if (which == 2) {
      std::swap(*place, all[dice_.below(all.size())]);
    } else if (which == 3) {
      const ForgedStream& other = dice_.pick(ground_.streams).stream;
      const std::vector<std::string> others = other.sent[dice_.below(other.sent.size())].split();
      if (!others.empty()) all.insert(place, dice_.pick(others));
    } else {
      other_number(*place);
    }
    sent.records.clear();
    for (const std::string& each : all) sent.records += each;
    is_safe_ = false;
    say("a record's change of kind " + std::to_string(which) + " at " + std::to_string(at));
  }
  void other_number(std::string& record) {
    const std::string before = record;
    const std::size_t at = 8 + 4 * dice_.below(14);
    std::uint32_t number = 0;
    std::memcpy(&number, record.data() + at, sizeof number);
    const std::vector<std::uint32_t> numbers = {0, 1, 2, 23, 24, number + 1, number - 1, 512, 1U << 17, 1U << 20, ~0U};
    number = dice_.pick(numbers);
    std::memcpy(record.data() + at, &number, sizeof number);
    try {
      if (receiver::payload_bytes(record) == before.size() - receiver::record_bytes) return;
    } catch (const std::exception&) {
      // no such record
    }
    record = before;
  }
  // Of another package.
  void foreign_stream() {
    const ForgedStream& other = dice_.pick(ground_.streams).stream;
    SentDataset sent = other.sent[dice_.below(other.sent.size())];
    if (stream_.compound && dice_.chance(50)) sent.put_name(stream_.dataset + "/b@" + stream_.snapshot);
    stream_.sent.insert(stream_.sent.begin() + static_cast<std::ptrdiff_t>(dice_.below(stream_.sent.size() + 1)),
                        std::move(sent));
    say("another's stream");
  }

  const ForgersGround& ground_;
  Dice& dice_;
  ForgedStream stream_;
  std::string said_;
  bool is_safe_ = true;
  PackedDataset none_;  // where there is nothing to be changed
  int number_ = 0;
};

}  // namespace

Forgery forge(const ForgersGround& ground, Dice& dice) { return Forger(ground, dice).run(); }

Forgery leave_genuine(const ForgersGround& ground, Dice& dice) {
  const ForgersGround::Genuine& genuine = dice.pick(ground.streams);
  return {put_together(genuine.stream), genuine.dataset, "a genuine stream to '" + genuine.dataset + "'"};
}

}  // namespace czb::lab
