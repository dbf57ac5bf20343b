// SPDX-License-Identifier: MIT
// What a stream may bring (receiver/stream_rules.h, stream_scan.h).
#include "receiver/stream/stream_rules.h"

#include <gmock/gmock.h>

#include "error.h"
#include "fixtures/key_data_builder.h"
#include "fixtures/stream_builder.h"
#include "fixtures/stream_head_of.h"
#include "receiver/answer.h"
#include "receiver/stream/stream_scan.h"

namespace czb::receiver {
namespace {

using namespace czb::test;  // NOLINT(google-build-using-namespace)
using ::testing::HasSubstr;

const std::string dataset = "offsite/zippy";

// What a scan of the whole stream, in pieces of this size, refuses; "(cut)" when it takes it but has not seen the end.
std::string refusal_of(const std::string& stream, const StreamFacts& facts, std::size_t piece = 1000) {
  try {
    const StreamHead head = head_of(stream);
    StreamScan scan(head, StreamRules(dataset, head, facts), {});
    for (std::size_t at = head.bytes; at < stream.size(); at += piece)
      scan.feed(std::string_view(stream).substr(at, piece));
    return scan.at_end() ? "" : "(cut)";
  } catch (const Refused& refused) {
    return refused.what();
  }
}

// offsite/zippy with @a, offsite/zippy/c with @a.
StreamFacts tree() {
  StreamFacts facts;
  facts.present[""].snapshots = {{1, "a"}};
  facts.present["c"].snapshots = {{11, "a"}};
  facts.snapshots = {{"offsite/zippy@a", 1}, {"offsite/zippy/c@a", 11}};
  return facts;
}

StreamFacts nothing() {
  StreamFacts facts;
  facts.parent_exists = true;
  return facts;
}

// tank and tank/c, from @a to @b.
std::vector<Packed> two_datasets() {
  return {{"tank", {{"a", 1}, {"b", 2}}, 0}, {"tank/c", {{"a", 11}, {"b", 12}}, 1}};
}

std::string increment(const std::vector<Packed>& datasets, const std::string& substreams) {
  return package_head("tank@b", package(datasets, "b", "a")) + substreams + end_record();
}

std::string first_full(const std::string& substreams) {
  return package_head("tank@b", package({{"tank", {{"b", 2}}}, {"tank/c", {{"b", 12}}, 2}}, "b")) + substreams +
         end_record();
}

TEST(StreamRules, AnIncrementOfTheTreeIsTaken) {
  const std::string stream = increment(two_datasets(), substream({"tank@b", 2, 1}) + substream({"tank/c@b", 12, 11}));
  for (const std::size_t piece : {1U, 7U, 311U, 312U, 313U, 100'000U}) EXPECT_EQ(refusal_of(stream, tree(), piece), "");
}

TEST(StreamRules, AFirstFullOfTheTreeIsTaken) {
  const std::string stream = first_full(substream({"tank@b", 2}) + substream({"tank/c@b", 12}));
  EXPECT_EQ(refusal_of(stream, nothing()), "");
}

TEST(StreamRules, EachPayloadIsSteppedOver) {
  const std::string fake = substream({"evil@x", 66}).substr(0, 8192);  // as data it is nothing
  const auto with = [&](const std::string& records) {
    Begin begin = {"tank@b", 2, 1};
    begin.features = feature_compressed | feature_embedded | feature_zstd;
    return refusal_of(begin_record(begin) + free_objects_record() + records + end_record(), tree());
  };
  const std::string file = file_record(7, 8192);
  EXPECT_EQ(with(file_of(5).put<std::uint32_t>(28, 141).bytes() + file_bonus(144)), "");
  EXPECT_EQ(with(file + write_to(7, 19, 8192, 8192).bytes() + fake), "");
  EXPECT_EQ(with(file + write_to(7, 19, 0, 8192).put<std::uint8_t>(50, 15).put<std::uint64_t>(96, 1024).bytes() +
                 fake.substr(0, 1024)),
            "");
  EXPECT_EQ(with(file +
                 RecordBuilder(8)
                     .put<std::uint64_t>(8, 7)
                     .put<std::uint64_t>(24, 8192)
                     .put<std::uint8_t>(40, 16)
                     .put<std::uint32_t>(48, 8192)
                     .put<std::uint32_t>(52, 13)
                     .bytes() +
                 std::string(16, 'x')),
            "");
  EXPECT_EQ(with(file + RecordBuilder(4).put<std::uint64_t>(8, 7).put(24, ~std::uint64_t{0}).bytes()), "");
}

TEST(StreamRules, ARecordLargerThanAnyBlockOrOfNoKnownTypeIsRefused) {
  const auto with = [&](const RecordBuilder& record) {
    return refusal_of(begin_record({"tank@b", 2, 1}) + record.bytes(), tree());
  };
  EXPECT_THAT(with(RecordBuilder(3).put<std::uint64_t>(32, (16U << 20U) + 1)), HasSubstr("larger than any block"));
  EXPECT_THAT(with(RecordBuilder(3).put<std::uint64_t>(32, ~std::uint64_t{0})), HasSubstr("larger than any block"));
  EXPECT_THAT(with(RecordBuilder(1).put<std::uint32_t>(28, 0xffffffffU)), HasSubstr("larger than any block"));
  EXPECT_THAT(with(RecordBuilder(1).put<std::uint32_t>(36, 0xffffffffU)), HasSubstr("larger than any block"));
  EXPECT_THAT(with(RecordBuilder(8).put<std::uint32_t>(52, 0xffffffffU)), HasSubstr("larger than any block"));
  for (const std::uint32_t type : {0U, 6U, 10U, 11U, 0x05000000U})
    EXPECT_THAT(with(RecordBuilder(type)), HasSubstr("unknown type")) << type;
}

TEST(StreamRules, APrefixCousinCannotBeReachedByTheRestOfAName) {
  // zfs receive appends what follows "tank" in the name to "offsite/zippy".
  EXPECT_THAT(
      refusal_of(increment(two_datasets(), substream({"tank@b", 2, 1}) + substream({"tank2@b", 12, 11})), tree()),
      HasSubstr("tank2, which is not in tank"));
  EXPECT_THAT(refusal_of(first_full(substream({"tank@b", 2}) + substream({"tan@b", 12})), nothing()),
              HasSubstr("tan, which is not in tank"));
}

TEST(StreamRules, OnlyATreesStreamBringsDatasetsBelow) {
  const std::string header = package({{"tank", {{"b", 2}}}}, "b", "", false);
  EXPECT_THAT(refusal_of(package_head("tank@b", header) + substream({"tank/c@b", 12}) + end_record(), nothing()),
              HasSubstr("tank/c, which is not in tank"));
  EXPECT_THAT(refusal_of(package_head("tank@b", "") + substream({"tank/c@b", 12}) + end_record(), nothing()),
              HasSubstr("tank/c, which is not in tank"));
}

TEST(StreamRules, WhatTheHeaderDoesNotNameIsRefused) {
  EXPECT_THAT(
      refusal_of(increment(two_datasets(), substream({"tank@b", 2, 1}) + substream({"tank/d@b", 2, 1})), tree()),
      HasSubstr("does not name"));
  EXPECT_THAT(refusal_of(increment(two_datasets(), substream({"tank@x", 2, 1})), tree()), HasSubstr("does not name"));
  EXPECT_THAT(refusal_of(increment(two_datasets(), substream({"tank@b", 3, 1})), tree()), HasSubstr("does not name"));
}

TEST(StreamRules, ADatasetIsNotLookedForByGuidWhereItsNameIsNot) {
  StreamFacts facts = tree();
  facts.present.erase("c");
  EXPECT_THAT(
      refusal_of(increment(two_datasets(), substream({"tank@b", 2, 1}) + substream({"tank/c@b", 12, 11})), facts),
      HasSubstr("continues offsite/zippy/c, which is not here"));
}

TEST(StreamRules, ATopThatIsNotHereIsNotContinued) {
  const std::string why = "continues offsite/zippy, which is not here";
  EXPECT_THAT(refusal_of(increment(two_datasets(), substream({"tank@b", 2, 1})), nothing()), HasSubstr(why));
  EXPECT_THAT(refusal_of(substream({"tank@b", 2, 1}), {}), HasSubstr(why));
}

TEST(StreamRules, AParentIsNotLookedForByGuidWhereItsNameIsNot) {
  StreamFacts facts = tree();
  facts.present.erase("c");
  const std::vector<Packed> three = {
      {"tank", {{"a", 1}, {"b", 2}}}, {"tank/c", {{"b", 12}}, 1}, {"tank/c/d", {{"b", 33}}, 12}};
  EXPECT_THAT(refusal_of(increment(three, substream({"tank@b", 2, 1}) + substream({"tank/c/d@b", 33})), facts),
              HasSubstr("the dataset above it"));
  EXPECT_THAT(refusal_of(first_full(substream({"tank@b", 2})), StreamFacts()), HasSubstr("the dataset above it"));
}

// The forced properties are set on the first dataset that comes.
TEST(StreamRules, ATreesStreamBeginsWithItsTop) {
  EXPECT_THAT(refusal_of(first_full(substream({"tank/c@b", 12})), nothing()), HasSubstr("begins with tank/c"));
}

TEST(StreamRules, ACloneBuildsOnASnapshotOfTheKeysRoot) {
  const auto tree_with_clone = [](std::uint64_t origin) {
    return increment({{"tank", {{"a", 1}, {"b", 2}}}, {"tank/n", {{"b", 22}}, 1, origin}},
                     substream({"tank@b", 2, 1}) + substream({"tank/n@b", 22, origin, 2, 1}));
  };
  EXPECT_EQ(refusal_of(tree_with_clone(11), tree()), "");
  EXPECT_EQ(refusal_of(tree_with_clone(2), tree()), "");  // one that has just come
  EXPECT_THAT(refusal_of(tree_with_clone(666), tree()),
              HasSubstr("clone of a snapshot that is not in this key's root"));
  const Begin alone = {"tank@b", 2, 11, 2, 1};
  EXPECT_EQ(refusal_of(substream(alone), tree()), "");
  EXPECT_THAT(refusal_of(substream({"tank@b", 2, 666, 2, 1}), tree()), HasSubstr("clone of a snapshot"));
}

// A raw stream of a clone rewrites its origin's key, and zfs receive would choose another origin than was looked at.
TEST(StreamRules, ACloneOfASnapshotThatTwoDatasetsHaveIsRefused) {
  StreamFacts copied = tree();
  copied.snapshots.emplace("offsite/zippy/a@a", 11);
  EXPECT_THAT(refusal_of(substream({"tank@b", 2, 11, 2, 1}), copied),
              HasSubstr("more than one dataset has: offsite/zippy/a and offsite/zippy/c"));
}

// The kernel makes it of its origin's kind, and the stream would then be of the other one.
TEST(StreamRules, ACloneIsOfItsOriginsKind) {
  const std::string other = "the stream brings a clone that is not of the kind of its origin, offsite/zippy/v";
  StreamFacts facts;
  facts.snapshots = {{"offsite/zippy/v@a", 7}};
  const std::string volume = substream({"tank@b", 2, 7, 3, 1});
  const std::string file_system = substream({"tank@b", 2, 7, 2, 1});
  EXPECT_EQ(refusal_of(file_system, facts), "");
  EXPECT_EQ(refusal_of(volume, facts), other);
  facts.volumes = {"offsite/zippy/v"};
  EXPECT_EQ(refusal_of(file_system, facts), other);
  EXPECT_EQ(refusal_of(volume, facts), "");
  // Of one that comes by the same stream.
  const auto tree_with = [](std::uint32_t kind) {
    return package_head("tank@b",
                        package({{"tank", {{"b", 2}}}, {"tank/v", {{"b", 7}}, 2}, {"tank/w", {{"b", 8}}, 2, 7}}, "b")) +
           substream({"tank@b", 2}) + substream({"tank/v@b", 7, 0, 3}) + substream({"tank/w@b", 8, 7, kind, 1}) +
           end_record();
  };
  EXPECT_EQ(refusal_of(tree_with(3), nothing()), "");
  EXPECT_EQ(refusal_of(tree_with(2), nothing()), other);
}

TEST(StreamRules, ACloneIsOneInTheHeaderToo) {
  // Else zfs receive would promote it when the stream has ended, and take the snapshots from what it is a clone of.
  EXPECT_THAT(refusal_of(increment({{"tank", {{"a", 1}, {"b", 2}}}, {"tank/n", {{"b", 22}}, 1}},
                                   substream({"tank@b", 2, 1}) + substream({"tank/n@b", 22, 11, 2, 1})),
                         tree()),
              HasSubstr("clone of another snapshot"));
}

TEST(StreamRules, NothingIsRenamedOrMoved) {
  const auto with = [](const std::vector<Packed>& datasets) { return refusal_of(increment(datasets, ""), tree()); };
  EXPECT_THAT(with({{"tank", {{"x", 1}, {"b", 2}}}}), HasSubstr("would rename offsite/zippy@a to offsite/zippy@x"));
  EXPECT_THAT(with({{"tank", {{"a", 1}, {"b", 2}}}, {"tank/d", {{"a", 11}, {"b", 12}}, 1}}),
              HasSubstr("would rename offsite/zippy/c@a to offsite/zippy/d@a"));
  EXPECT_THAT(with({{"tank", {{"a", 11}, {"b", 2}}}}), HasSubstr("would rename offsite/zippy/c@a to offsite/zippy@a"));
  // Listed rightly and, a second time, wrongly: zfs receive would take one of the two.
  EXPECT_THAT(with({{"tank", {{"a", 1}, {"b", 2}}}, {"tank/d", {{"a", 1}, {"b", 12}}, 1}}),
              HasSubstr("lists one snapshot twice"));
}

TEST(StreamRules, NothingIsMovedToAParentOfAnotherHistory) {
  StreamFacts facts = tree();
  facts.present[""].snapshots = {{5, "a"}};  // of the same name
  EXPECT_THAT(refusal_of(increment(two_datasets(), ""), facts), HasSubstr("to another parent"));
}

TEST(StreamRules, NothingIsPromoted) {
  StreamFacts facts = tree();
  facts.present["c"].origin = "offsite/zippy@a";
  EXPECT_THAT(refusal_of(increment(two_datasets(), ""), facts), HasSubstr("would promote offsite/zippy/c"));
  std::vector<Packed> datasets = two_datasets();
  datasets[1].origin = 1;
  const std::string both = substream({"tank@b", 2, 1}) + substream({"tank/c@b", 12, 11});
  EXPECT_EQ(refusal_of(increment(datasets, both), facts), "");
  facts.present["c"].origin = "offsite/other@a";  // outside of the root, so its guid is not known
  EXPECT_THAT(refusal_of(increment(datasets, ""), facts), HasSubstr("would promote offsite/zippy/c"));
}

TEST(StreamRules, WhatARenameCouldNotReachIsNotLookedAt) {
  const std::string top = substream({"tank@b", 2, 1});
  EXPECT_EQ(refusal_of(
                package_head("tank@b", package({{"tank", {{"x", 1}, {"b", 2}}}}, "b", "x", false)) + top + end_record(),
                tree()),
            "");
  EXPECT_EQ(refusal_of(increment({{"tank", {{"a", 1}, {"b", 2}}}}, top), tree()), "");
}

TEST(StreamRules, TheRestOfAnInterruptedStreamComesAlone) {
  EXPECT_EQ(refusal_of(substream({"tank@b", 2, 1, 2, 0, feature_resuming, rest_payload()}), tree()), "");
  EXPECT_THAT(refusal_of(increment(two_datasets(), substream({"tank@b", 2, 1, 2, 0, feature_resuming})), tree()),
              HasSubstr("the rest of an interrupted stream"));
}

TEST(StreamRules, OnlyARawStreamOrARestBeginsWithData) {
  for (const std::string& payload : {rest_payload(), key_payload(), std::string(8, 'p'), std::string(1U << 20U, 'p')})
    EXPECT_THAT(refusal_of(begin_record({"tank@b", 2, 1, 2, 0, 0, payload}) + file_records(512) + end_record(), tree()),
                HasSubstr("neither raw nor a rest, and begins with " + std::to_string(payload.size()) + " bytes"));
  const std::string many(256 * 1024 + 8, 'p');
  EXPECT_THAT(refusal_of(substream({"tank@b", 2, 1, 2, 0, feature_resuming, many}), tree()), HasSubstr("262152 bytes"));
}

TEST(StreamRules, NothingGoesOnBehindTheEnd) {
  const std::string stream = increment(two_datasets(), substream({"tank@b", 2, 1}) + substream({"tank/c@b", 12, 11}));
  for (const std::string& more : {std::string("x"), end_record(), substream({"tank/c@b", 12, 11})})
    EXPECT_THAT(refusal_of(stream + more, tree()), HasSubstr("behind its end")) << more.size();
  EXPECT_THAT(refusal_of(begin_record({"tank@b", 2, 1}) + end_record() + "x", tree()), HasSubstr("behind its end"));
}

// zfs receive skips what is there already, and could be made to take data for records while it does.
TEST(StreamRules, ASnapshotThatIsThereAlreadyIsSkippedInStep) {
  StreamFacts facts = tree();
  facts.present[""].snapshots = {{1, "a"}, {2, "b"}};
  const std::string rest = substream({"tank/c@b", 12, 11});
  EXPECT_EQ(refusal_of(increment(two_datasets(), substream({"tank@b", 2, 1}) + rest), facts), "");
  // zfs 2.1 skips the next one as well.
  const std::string empty = begin_record({"tank@b", 2, 1}) + end_record();
  EXPECT_THAT(refusal_of(increment(two_datasets(), empty + rest), facts), HasSubstr("without data"));
  EXPECT_EQ(refusal_of(increment({two_datasets()[0]}, empty), facts), "");
  StreamFacts all = facts;
  all.present["c"].snapshots = {{11, "a"}, {12, "b"}};
  EXPECT_EQ(refusal_of(increment(two_datasets(), empty + rest), all), "") << "the last increment once more";
  const std::string data = write_to(7, 19, 0, 512).bytes() + std::string(512, 'w');
  EXPECT_THAT(refusal_of(increment(two_datasets(), begin_record({"tank@b", 2, 1}) + data + end_record()), facts),
              HasSubstr("begins with data"));
  EXPECT_EQ(
      refusal_of(increment(two_datasets(), begin_record({"tank@b", 2, 1}) + file_records(512) + end_record() + rest),
                 tree()),
      "");
  const std::string twice = substream({"tank@b", 2, 1});
  EXPECT_EQ(refusal_of(increment(two_datasets(), twice + twice + rest), tree()), "");
}

TEST(StreamRules, AFewBytesMoreOrLessAreNoEnd) {
  const std::string stream = increment({two_datasets()[0]}, substream({"tank@b", 2, 1}));
  for (const std::size_t less : {1U, 311U, 312U, 400U})
    EXPECT_EQ(refusal_of(stream.substr(0, stream.size() - less), tree()), "(cut)");
  EXPECT_THAT(refusal_of(stream + "more", tree()), HasSubstr("behind its end"));
}

// Behind the end zfs receive goes by the header: it is seen only when the header is true.
TEST(StreamRules, APackageEndsWhenAllThatIsListedHasCome) {
  const std::string top = substream({"tank@b", 2, 1});
  const std::string child = substream({"tank/c@b", 12, 11});
  EXPECT_EQ(refusal_of(increment(two_datasets(), top + child), tree()), "");
  EXPECT_THAT(refusal_of(increment(two_datasets(), top), tree()),
              HasSubstr("offsite/zippy/c@b, which its header lists, has not come"));
  EXPECT_THAT(refusal_of(increment(two_datasets(), ""), tree()), HasSubstr("has not come"));
  StreamFacts facts = tree();
  facts.present["c"].snapshots.emplace(12, "b");
  EXPECT_EQ(refusal_of(increment(two_datasets(), top), facts), "") << "what is there need not come";
  facts.present["c"].snapshots = {{12, "b"}};
  facts.present[""].snapshots.emplace(2, "b");
  EXPECT_EQ(refusal_of(increment(two_datasets(), ""), facts), "");
  // A dataset that is not here, by the guid of one that comes; nothing of its own comes.
  std::vector<Packed> forged = two_datasets();
  forged.push_back({"tank/ghost", {{"b", 99}}, 1});
  EXPECT_THAT(refusal_of(increment(forged, top + child), tree()),
              HasSubstr("offsite/zippy/ghost@b, which its header lists, has not come"));
  forged.back().snapshots = {{"a", 99}};
  EXPECT_THAT(refusal_of(increment(forged, top + child), tree()), HasSubstr("has not come"))
      << "no dataset is listed that the stream is not for";
}

// zfs receive compares the guids that it looks for with those of datasets, too.
TEST(StreamRules, ASnapshotHasNotTheGuidOfADataset) {
  StreamFacts facts = tree();
  facts.present["c"].guid = 2;
  EXPECT_THAT(refusal_of(increment(two_datasets(), substream({"tank@b", 2, 1})), facts),
              HasSubstr("by the guid of a dataset that is here, offsite/zippy/c"));
}

TEST(PresentTree, IsReadFromAListing) {
  const PresentTree present = parse_present(
      "offsite/zippy\t77\t-\t-\tfilesystem\noffsite/zippy@a b\t1\t-\t-\tsnapshot\n"
      "offsite/zippy/c\t78\toffsite/x@y\toffsite/zippy/c\tvolume\n"
      "offsite/zippy/c@a\t18446744073709551615\t-\toffsite/zippy/c\tsnapshot\n",
      dataset);
  ASSERT_EQ(present.size(), 2U);
  EXPECT_EQ(present.at("").snapshots.at(1), "a b");
  EXPECT_EQ(present.at("").guid, 77U);
  EXPECT_EQ(present.at("").origin, "");
  EXPECT_EQ(present.at("").encryption_root, "");
  EXPECT_FALSE(present.at("").is_volume);
  EXPECT_TRUE(present.at("c").is_volume);
  EXPECT_EQ(present.at("c").origin, "offsite/x@y");
  EXPECT_EQ(present.at("c").encryption_root, "offsite/zippy/c");
  EXPECT_EQ(present.at("c").snapshots.at(~std::uint64_t{0}), "a");
  EXPECT_TRUE(parse_present("", dataset).empty());
  for (const char* wrong : {"offsite/zippy2\t7\t-\t-\tfilesystem\n", "offsite/zippy@a\tx\t-\t-\tsnapshot\n",
                            "offsite/zippy\tx\t-\t-\tfilesystem\n", "offsite/zippy\t7\t-\t-\tsnapshot\n",
                            "offsite/zippy@a\t1\t-\t-\tvolume\n", "offsite/zippy@a\t1\t-\n", "\n",
                            "offsite/zippy@a\t1\t-\t-\tsnapshot\tmore\n", "warning\n"})
    EXPECT_THROW(parse_present(wrong, dataset), Error) << wrong;
}

TEST(PresentTree, IsReadInPiecesOfAnySize) {
  const std::string listing =
      "offsite/zippy\t77\t-\t-\tfilesystem\noffsite/zippy@a\t1\t-\t-\tsnapshot\noffsite/zippy/c\t8\t-\t-\tvolume\n";
  for (std::size_t size = 1; size <= listing.size(); ++size) {
    PresentParser parser(dataset);
    for (std::size_t at = 0; at < listing.size(); at += size) parser.feed(std::string_view(listing).substr(at, size));
    EXPECT_EQ(parser.take(), parse_present(listing, dataset)) << size;
  }
  PresentParser cut(dataset);
  cut.feed(listing.substr(0, listing.size() - 3));
  EXPECT_THROW(cut.take(), Error) << "the end of it is missing";
}

TEST(StreamRules, AFileSystemStaysOneAndAVolume) {
  Begin volume = {"tank@b", 2, 1, 3};
  StreamFacts facts = tree();
  EXPECT_EQ(refusal_of(substream(volume), facts), "the stream is of a volume, and offsite/zippy is a file system");
  Begin child = {"tank/c@b", 12, 11, 3};
  const std::string stream = increment(two_datasets(), substream({"tank@b", 2, 1}) + substream(child));
  EXPECT_EQ(refusal_of(stream, facts), "the stream is of a volume, and offsite/zippy/c is a file system");
  facts.present["c"].is_volume = true;
  EXPECT_EQ(refusal_of(stream, facts), "");
  facts.present[""].is_volume = true;
  EXPECT_EQ(refusal_of(substream({"tank@b", 2, 1}), facts),
            "the stream is of a file system, and offsite/zippy is a volume");
  EXPECT_EQ(refusal_of(substream(volume), facts), "");
  // What comes twice within a stream, too.
  const std::string twice = package_head("tank@b", package({{"tank", {{"a", 1}, {"b", 2}}}}, "b", "a")) +
                            substream({"tank@a", 1}) + substream(volume) + end_record();
  EXPECT_EQ(refusal_of(twice, nothing()), "the stream is of a volume, and offsite/zippy is a file system");
}

TEST(PresentTree, APartOfItHasNamesOfItsOwn) {
  PresentTree tree;
  tree[""].guid = 1;
  tree["zippy"].guid = 2;
  tree["zippy/c"].guid = 3;
  tree["zippy2"].guid = 4;
  const PresentTree part = part_of(tree, "offsite", "offsite/zippy");
  ASSERT_EQ(part.size(), 2U);
  EXPECT_EQ(part.at("").guid, 2U);
  EXPECT_EQ(part.at("c").guid, 3U);
  EXPECT_EQ(part_of(tree, "offsite", "offsite"), tree);
}

}  // namespace
}  // namespace czb::receiver
