// SPDX-License-Identifier: MIT
// What holds for every header: what is written is read as the same, what zfs gets is our own encoding, and it has no
// guid of what is here. What libzfs does with it: tests/libzfs.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <deque>
#include <set>
#include <string>
#include <vector>

#include "receiver/stream/nvlist.h"
#include "receiver/stream/stream_head.h"
#include "receiver/stream/written_head.h"

namespace czb::receiver {
namespace {

std::string name_of(std::size_t number) { return "n" + std::to_string(number); }

PackedProperties some_properties() {
  PackedProperties properties;
  for (std::size_t number = *rc::gen::inRange<std::size_t>(0, 4); number > 0; --number) {
    const std::string name =
        (*rc::gen::arbitrary<bool>() ? "cyber-zfs-backup.source:" : "") + ("com.example:" + name_of(number));
    if (*rc::gen::arbitrary<bool>())
      properties.push_back({name, *rc::gen::arbitrary<std::uint64_t>()});
    else
      properties.push_back({name, *rc::gen::container<std::string>(rc::gen::inRange<char>(1, 127))});
  }
  // As where a backup is itself backed up.
  if (!properties.empty() && properties.front().name.rfind(kept_name_prefix, 0) != 0 && *rc::gen::arbitrary<bool>())
    properties.push_back({std::string(kept_name_prefix) + properties.front().name, std::string("of an earlier one")});
  return properties;
}

// A top with some children, of which each has some snapshots; the stream is for the last.
Package some_package() {
  Package package;
  package.to = "to";
  package.recursive = *rc::gen::arbitrary<bool>();
  package.raw = *rc::gen::arbitrary<bool>();
  if (*rc::gen::arbitrary<bool>()) package.from = name_of(1);
  std::uint64_t guid = 0;
  for (std::size_t dataset = *rc::gen::inRange<std::size_t>(1, 6), i = 0; i < dataset; ++i) {
    PackedDataset packed;
    packed.id = "0x" + std::to_string(i + 1);
    if (i > 0) packed.relative = name_of(i);
    packed.origin = *rc::gen::inRange<std::uint64_t>(0, 3);
    packed.is_encryption_root = *rc::gen::arbitrary<bool>();
    if (*rc::gen::arbitrary<bool>()) packed.properties = some_properties();
    const std::size_t count = *rc::gen::inRange<std::size_t>(1, 6);
    for (std::size_t k = 1; k <= count; ++k) {
      PackedSnapshot snapshot = {k == count ? "to" : name_of(k), ++guid, std::nullopt};
      if (*rc::gen::arbitrary<bool>()) snapshot.properties = some_properties();
      packed.snapshots.push_back(snapshot);
    }
    package.datasets.push_back(packed);
  }
  return package;
}

// Some of the snapshots are here.
PresentTree some_of(const Package& package) {
  PresentTree present;
  for (const PackedDataset& dataset : package.datasets)
    for (const PackedSnapshot& snapshot : dataset.snapshots)
      if (*rc::gen::arbitrary<bool>()) present[dataset.relative].snapshots.emplace(snapshot.guid, snapshot.name);
  return present;
}

// Each that zfs gets is one that came, of the same value, and has its own name only where that is allowed.
void assert_kept(const PackedProperties& came, const PackedProperties& kept, const PropertyRules& rules) {
  std::set<std::string> names;
  for (const PackedProperty& property : kept) {
    RC_ASSERT(names.insert(property.name).second);
    const bool is_neutral = property.name.rfind(kept_name_prefix, 0) == 0;
    RC_ASSERT(is_neutral || (!rules.own_names.empty() && property.name.rfind(rules.own_names[0], 0) == 0));
    const auto same = std::count_if(came.begin(), came.end(), [&](const PackedProperty& each) {
      return each.value == property.value && kept_name(each.name, rules.own_names) == property.name;
    });
    RC_ASSERT(same >= 1);
    const auto* const text = std::get_if<std::string>(&property.value);
    RC_ASSERT(text != nullptr && text->find_first_of("\n\t\x1b\x7f") == std::string::npos);
  }
}

// Their texts live in `texts`.
NvList some_list(std::deque<std::string>& texts, int depth) {
  NvList list;
  for (std::size_t number = *rc::gen::inRange<std::size_t>(0, 5), i = 0; i < number; ++i) {
    texts.push_back(name_of(i));
    const std::string& name = texts.back();
    switch (*rc::gen::inRange(0, depth > 0 ? 4 : 3)) {
      case 0:
        list.push_back(nv_boolean(name));
        break;
      case 1:
        list.push_back(nv_number(name, *rc::gen::arbitrary<std::uint64_t>()));
        break;
      case 2:
        texts.push_back(*rc::gen::container<std::string>(rc::gen::inRange<char>(1, 127)));
        list.push_back(nv_text(name, texts.back()));
        break;
      default:
        list.push_back(nv_list(name, some_list(texts, depth - 1)));
    }
  }
  return list;
}

RC_GTEST_PROP(PackageProperty, AListThatIsWrittenIsReadAsTheSame, ()) {
  std::deque<std::string> texts;
  const NvList list = some_list(texts, 4);
  const std::string written = encode_nvlist(list);
  RC_ASSERT(parse_nvlist(written) == list);
}

RC_GTEST_PROP(PackageProperty, WhatIsWrittenIsReadAsTheSame, ()) {
  const Package package = some_package();
  const std::string written = encode_package(package, "tank/x");
  const Package again = parse_package(written, "tank/x");
  RC_ASSERT(again == package);
  RC_ASSERT(encode_package(again, "tank/x") == written);
}

RC_GTEST_PROP(PackageProperty, WhatZfsGetsHasNoGuidOfWhatIsHereAndAllThatComes, ()) {
  StreamHead head;
  head.package = some_package();
  head.begin.compound = true;
  head.begin.dataset = "tank/x";
  head.begin.snapshot = "to";
  head.last_record = write_end();
  const PresentTree present = some_of(*head.package);
  const PropertyRules rules = {*rc::gen::arbitrary<bool>() ? OwnNames{"com.example:n1"} : OwnNames(), {}};
  LeftOut left_out;
  const std::string written = head_for_zfs(head, present, rules, left_out);
  std::string_view rest = written;
  const StreamHead again = read_head([&](std::size_t count) {
    const std::string piece(rest.substr(0, count));
    rest.remove_prefix(piece.size());
    return piece;
  });
  RC_ASSERT(again.package && !again.package->from && !again.package->raw);
  RC_ASSERT(package_records("tank/x@to", again.begin.features, encode_package(*again.package, "tank/x")) +
                head.last_record ==
            written);
  for (const PackedDataset& dataset : head.package->datasets) {
    const PackedDataset* const comes = again.package->find(dataset.relative);
    RC_ASSERT(comes != nullptr && comes->parent_from == 0 && comes->origin == 0 && !comes->is_encryption_root);
    for (const PackedSnapshot& snapshot : dataset.snapshots) {
      const auto here = present.find(dataset.relative);
      const bool is_here = here != present.end() && here->second.snapshots.count(snapshot.guid) != 0;
      RC_ASSERT((comes->find(snapshot.name) == nullptr) == is_here);
      if (!is_here)
        assert_kept(snapshot.properties.value_or(PackedProperties()), *comes->find(snapshot.name)->properties, rules);
    }
    RC_ASSERT(comes->properties.has_value() == (dataset.properties.has_value() && !comes->snapshots.empty()));
    if (comes->properties) assert_kept(*dataset.properties, *comes->properties, rules);
  }
}

}  // namespace
}  // namespace czb::receiver
