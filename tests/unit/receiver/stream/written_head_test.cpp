// SPDX-License-Identifier: MIT
// The head that zfs gets is ours (receiver/written_head.h, fletcher4.h).
#include "receiver/stream/written_head.h"

#include <gmock/gmock.h>

#include "fixtures/genuine_header.h"
#include "fixtures/stream_builder.h"
#include "fixtures/stream_head_of.h"

namespace czb::receiver {
namespace {

using namespace czb::test;  // NOLINT(google-build-using-namespace)
using ::testing::HasSubstr;
using ::testing::Not;

// tank and tank/c, from @a to @b, with all that a header can have.
std::string increment_header() {
  return package({{"tank", {{"a", 1}, {"b", 2}}, 0, 0, NvBuilder().number("quota", 5).text("x:y", "z")},
                  {"tank/c", {{"a", 11}, {"b", 12}}, 1, 99, NvBuilder().text("keylocation", "prompt"), true}},
                 "b", "a");
}

// The key's line allows nothing, and nobody looks at what was left out.
std::string head_for_zfs(const StreamHead& head, const PresentTree& present) {
  LeftOut left_out;
  return receiver::head_for_zfs(head, present, {}, left_out);
}

Package what_comes(const Package& package, const PresentTree& present) {
  LeftOut left_out;
  return receiver::what_comes(package, "tank", present, {}, left_out);
}

PresentTree tree() {
  PresentTree present;
  present[""].snapshots = {{1, "a"}};
  present["c"].snapshots = {{11, "a"}};
  return present;
}

TEST(Fletcher4, IsTheOneOfZfs) {
  // By hand: words 1 and 2.
  EXPECT_EQ(fletcher4(std::string("\x01\0\0\0\x02\0\0\0", 8)), (Fletcher4{3, 4, 5, 6}));
  EXPECT_EQ(fletcher4(std::string("\x02\0\0\0", 4), fletcher4(std::string("\x01\0\0\0", 4))), (Fletcher4{3, 4, 5, 6}));
  EXPECT_EQ(fletcher4(""), Fletcher4());
  EXPECT_THROW(fletcher4("abc"), std::invalid_argument);
}

TEST(WrittenHead, IsWhatZfsSendWritesWhereNothingIsLeftOut) {
  const std::string payload = package({{"tank", {{"a", 1}, {"b", 2}}, 0, 0, NvBuilder().text("x:y", "z")},
                                       {"tank/c", {{"b", 12}}, 1, 1, NvBuilder().text("keylocation", "none"), true}},
                                      "b", "a");
  EXPECT_EQ(encode_package(parse_package(payload, "tank"), "tank"), payload);
  EXPECT_EQ(package_records("tank@b", 0, payload), package_head("tank@b", payload));
  const std::string single = package({{"tank", {{"b", 2}}}}, "b", "", false);
  EXPECT_EQ(encode_package(parse_package(single, "tank"), "tank"), single);
}

TEST(WrittenHead, AGenuineHeaderIsWrittenAgainByteForByte) {
  const Package package = parse_package(genuine_payload(), "zippy/g");
  ASSERT_EQ(package.datasets.size(), 4U);
  EXPECT_EQ(package.from, "1");
  EXPECT_TRUE(package.raw && package.recursive && package.find("")->is_encryption_root);
  EXPECT_EQ(package.find("c")->origin, package.find("a")->find("1")->guid);
  EXPECT_EQ(package.find("a")->find("2")->properties, (PackedProperties{{"com.example:note", std::string("x")}}));
  EXPECT_TRUE(encode_package(package, "zippy/g") == genuine_payload());
  const std::string records = package_records("zippy/g@2", 0, genuine_payload());
  EXPECT_EQ(records.substr(records.size() - record_bytes), write_end(genuine_checksum));
}

// Before and after a stream zfs receive acts by guids only where its header has one of these words.
TEST(WrittenHead, SaysNeitherThatItIsAnIncrementNorThatItIsRaw) {
  const StreamHead head = head_of(package_head("tank@b", increment_header()) + substream({"tank@b", 2, 1}));
  const std::string written = head_for_zfs(head, tree());
  for (const char* word : {"is_encroot", "origin"}) EXPECT_THAT(written, Not(HasSubstr(word)));
  const StreamHead again = head_of(written);
  ASSERT_TRUE(again.package && again.first);
  EXPECT_FALSE(again.package->from || again.package->raw);
  EXPECT_TRUE(again.package->recursive);
  EXPECT_EQ(again.first->to_guid, 2U);
}

TEST(WrittenHead, HasNoGuidOfWhatIsHere) {
  const StreamHead head = head_of(package_head("tank@b", increment_header()) + substream({"tank@b", 2, 1}));
  const Package comes = what_comes(*head.package, tree());
  ASSERT_EQ(comes.datasets.size(), 2U);
  const PackedProperties none;
  EXPECT_EQ(comes.datasets[0].snapshots, (std::vector<PackedSnapshot>{{"b", 2, none}}));
  EXPECT_EQ(comes.datasets[1].snapshots, (std::vector<PackedSnapshot>{{"b", 12, none}}));
  for (const PackedDataset& dataset : comes.datasets) {
    EXPECT_EQ(dataset.parent_from, 0U) << "by it zfs receive would look for another place";
    EXPECT_EQ(dataset.origin, 0U);
    EXPECT_FALSE(dataset.is_encryption_root);
  }
  PresentTree all = tree();
  all["c"].snapshots.emplace(12, "b");
  const Package top_alone = what_comes(*head.package, all);
  EXPECT_EQ(top_alone.datasets[0].snapshots.size(), 1U);
  EXPECT_TRUE(top_alone.datasets[1].snapshots.empty()) << "it is here whole";
  EXPECT_FALSE(top_alone.datasets[1].properties);
}

TEST(WrittenHead, KeepsThePropertiesOfWhatComes) {
  const StreamHead head = head_of(package_head("tank@b", increment_header()) + substream({"tank@b", 2, 1}));
  const Package comes = what_comes(*head.package, {});
  EXPECT_EQ(comes.datasets[0].properties, (PackedProperties{{"cyber-zfs-backup.source:x:y", std::string("z")}}));
  // Sent without (-I alone): zfs receive would take an empty list for "all are gone".
  Package without = *head.package;
  without.datasets[0].properties.reset();
  without.datasets[0].snapshots[1].properties.reset();
  const Package next = what_comes(without, tree());
  EXPECT_FALSE(next.datasets[0].properties);
  EXPECT_TRUE(next.datasets[0].snapshots[0].properties) << "without a list zfs receive ends itself";
}

// By -x they would only be left out of datasets whose kind has them, and the kind of an increment is what its sender
// says.
TEST(WrittenHead, HasNoPropertyThatActsOnThisHost) {
  const StreamHead head = head_of(package_head("tank@b", increment_header()) + substream({"tank@b", 2, 1}));
  Package package = *head.package;
  PackedProperties all = {{"atime", std::uint64_t{0}}, {"com.example:note", std::string("one line")}};
  for (const char* name : {"mountpoint", "canmount", "exec", "setuid", "sharenfs", "volmode", "no-such", "no such",
                           "org.znapzend:enabled"})
    all.push_back({name, std::string("x")});
  package.datasets[0].properties = all;
  for (PackedSnapshot& snapshot : package.datasets[0].snapshots) snapshot.properties = all;
  const PackedProperties neutral = {{"cyber-zfs-backup.source:com.example:note", std::string("one line")},
                                    {"cyber-zfs-backup.source:org.znapzend:enabled", std::string("x")}};
  PackedProperties with_native = neutral;
  with_native.insert(with_native.begin(), {"atime", std::uint64_t{0}});
  const Package comes = what_comes(package, {});
  EXPECT_EQ(comes.datasets[0].properties, with_native);
  EXPECT_EQ(comes.datasets[0].snapshots[0].properties, neutral);
}

TEST(WrittenHead, HasNoPropertiesOfASnapshotThatIsHere) {
  Package package = *head_of(package_head("tank@b", increment_header()) + substream({"tank@b", 2, 1})).package;
  for (PackedDataset& dataset : package.datasets)
    for (PackedSnapshot& snapshot : dataset.snapshots) snapshot.properties = {{"x:y", std::string(snapshot.name)}};
  for (const PackedDataset& dataset : what_comes(package, tree()).datasets) {
    ASSERT_EQ(dataset.snapshots.size(), 1U);
    EXPECT_EQ(dataset.snapshots[0].name, "b");
    EXPECT_EQ(dataset.snapshots[0].properties, (PackedProperties{{"cyber-zfs-backup.source:x:y", std::string("b")}}));
  }
}

TEST(WrittenHead, WhatIsLeftOutIsToldWithItsDatasetOrSnapshot) {
  Package package = *head_of(package_head("tank@b", increment_header()) + substream({"tank@b", 2, 1})).package;
  package.datasets[1].properties = {{"x:two", std::string("a\nb")}, {"checksum", std::uint64_t{2}}};
  for (PackedSnapshot& snapshot : package.datasets[1].snapshots) snapshot.properties = {{"x:n", std::uint64_t{1}}};
  LeftOut left_out;
  receiver::what_comes(package, "tank", tree(), {}, left_out);
  EXPECT_EQ(left_out.text(),
            "x:n of tank/c@b (its value is no text); x:two of tank/c (its value is not one printable line)");
  LeftOut of_new;
  receiver::what_comes(package, "tank", {}, {}, of_new);
  EXPECT_THAT(of_new.text(), HasSubstr("x:n of tank/c@a and 1 more"));
  EXPECT_THAT(of_new.text(), HasSubstr("checksum of tank/c (its value would weaken what is to come)"));
  LeftOut of_nothing;
  PresentTree all = tree();
  all[""].snapshots.emplace(2, "b");
  all["c"].snapshots.emplace(12, "b");
  receiver::what_comes(package, "tank", all, {}, of_nothing);
  EXPECT_EQ(of_nothing.text(), "") << "it does not come";
}

TEST(WrittenHead, OfTheFirstRecordOnlyWhatIsKnownGoesOn) {
  const std::string genuine = package_head("tank@b", increment_header());
  std::string forged = genuine;
  for (const std::size_t at : {24U, 32U, 36U, 40U, 48U, 56U + 7U, 311U}) forged[at] = 'x';  // behind the name's end
  const std::string first = begin_record({"tank@b", 2, 1});
  EXPECT_EQ(head_for_zfs(head_of(forged + first), tree()), head_for_zfs(head_of(genuine + first), tree()));
  const std::string featured =
      begin_record({"tank@b", 0, 0, 0, 0, feature_raw | feature_resuming | feature_spill, increment_header(), 2}) +
      end_record();
  EXPECT_EQ(head_of(head_for_zfs(head_of(featured + first), tree())).begin.features, feature_spill);
}

TEST(WrittenHead, AStreamOfOneDatasetBeginsAsItCame) {
  const std::string first = begin_record({"tank@b", 2, 1, 2, 0, feature_raw});
  EXPECT_EQ(head_for_zfs(head_of(first + end_record()), {}), first);
}

TEST(WrittenHead, APackageWithoutAHeaderOrWithoutADatasetHasOursToo) {
  EXPECT_EQ(head_for_zfs(head_of(package_head("tank@b", "") + substream({"tank@b", 2})), {}),
            package_head("tank@b", "") + begin_record({"tank@b", 2}));
  EXPECT_EQ(head_for_zfs(head_of(package_head("tank@b", "") + end_record()), {}),
            package_head("tank@b", "") + end_record());
}

TEST(WrittenHead, ReadAndWrittenAgainItIsTheSame) {
  const StreamHead head = head_of(package_head("tank@b", increment_header()) + substream({"tank@b", 2, 1}));
  for (const PresentTree& present : {PresentTree(), tree()}) {
    const std::string written = head_for_zfs(head, present);
    EXPECT_EQ(head_for_zfs(head_of(written), {}), written);
  }
}

}  // namespace
}  // namespace czb::receiver
