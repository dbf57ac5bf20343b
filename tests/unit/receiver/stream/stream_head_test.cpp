// SPDX-License-Identifier: MIT
// The beginning of a stream (receiver/stream_head.h, stream_record.h, stream_package.h, nvlist.h).
#include "receiver/stream/stream_head.h"

#include <gmock/gmock.h>

#include <algorithm>

#include "fixtures/stream_builder.h"
#include "fixtures/stream_head_of.h"
#include "receiver/answer.h"
#include "receiver/stream/nvlist.h"

namespace czb::receiver {
namespace {

using namespace czb::test;  // NOLINT(google-build-using-namespace)
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const NvPair* find(const NvList& list, std::string_view name) {
  const auto found = std::find_if(list.begin(), list.end(), [&](const NvPair& pair) { return pair.name == name; });
  return found == list.end() ? nullptr : &*found;
}

std::string refusal_of(const std::string& stream) {
  try {
    head_of(stream);
  } catch (const Refused& refused) {
    return refused.what();
  } catch (const StreamTooShort&) {
    return "(too short)";
  }
  return "(taken)";
}

const std::string header = package({{"tank", {{"a", 1}, {"b", 2}}}}, "b", "", false);

TEST(StreamHead, APlainStreamIsItsFirstRecord) {
  const std::string stream = substream({"tank/home@t1", 7, 5, 2, 0, feature_raw});
  const StreamHead head = head_of(stream);
  EXPECT_EQ(head.bytes, 312U);
  EXPECT_EQ(head.last_record, stream.substr(0, 312));
  EXPECT_FALSE(head.begin.compound || head.begin.is_volume || head.begin.is_clone);
  EXPECT_EQ(head.begin.dataset, "tank/home");
  EXPECT_EQ(head.begin.snapshot, "t1");
  EXPECT_EQ(head.begin.to_guid, 7U);
  EXPECT_EQ(head.begin.from_guid, 5U);
  EXPECT_EQ(head.begin.features, feature_raw);
  EXPECT_TRUE(head.first && head.first->to_guid == 7);
  EXPECT_FALSE(head.package || head.is_resuming() || head.is_recursive());
}

TEST(StreamHead, TheRestOfAnInterruptedStreamIsKnown) {
  EXPECT_TRUE(head_of(substream({"tank@t1", 7, 0, 2, 0, feature_resuming})).is_resuming());
}

// zfs send -w says so of whatever it sends.
TEST(StreamHead, ARawHeaderTellsOfKeysUnlessItsOneDatasetIsNotEncrypted) {
  const auto tells = [](bool recursive, std::uint64_t features) {
    const std::string list = package({{"tank", {{"a", 1}, {"b", 2}}}}, "b", "", recursive);
    return head_of(package_head("tank@b", list) + substream({"tank@b", 2, 0, 2, 0, features})).tells_of_keys();
  };
  EXPECT_TRUE(tells(false, feature_raw));
  EXPECT_FALSE(tells(false, 0));
  EXPECT_TRUE(tells(true, 0));
  EXPECT_FALSE(head_of(substream({"tank@b", 2, 0, 2, 0, feature_raw})).tells_of_keys());
}

TEST(StreamHead, TheKindIsTheFirstDatasets) {
  EXPECT_TRUE(head_of(substream({"tank@t1", 7, 0, 3})).first->is_volume);
  EXPECT_TRUE(head_of(package_head("tank@b", header) + substream({"tank@b", 2, 0, 3})).first->is_volume);
  EXPECT_FALSE(head_of(package_head("tank@b", header) + substream({"tank@b", 2, 0, 2})).first->is_volume);
  EXPECT_THAT(refusal_of(substream({"tank@t1", 7, 0, 1})), HasSubstr("neither of a file system nor of a volume"));
  EXPECT_THAT(refusal_of(substream({"tank@t1", 7, 0, 4})), HasSubstr("neither of a file system nor of a volume"));
}

TEST(StreamHead, OneOfTheOtherByteOrderIsRefused) {
  Begin begin = {"tank@b", 2};
  begin.magic = 0xaccbbaf502000000ULL;
  EXPECT_THAT(refusal_of(substream(begin)), HasSubstr("of a machine of the other byte order"));
  begin.magic = 1;
  EXPECT_THAT(refusal_of(substream(begin)), HasSubstr("bad magic number"));
}

TEST(StreamHead, APackageTellsItsDatasetsSnapshotsAndProperties) {
  const std::string payload =
      package({{"tank", {{"a", 1}, {"b", 2}}, 0, 0, NvBuilder().number("compression", 15).text("x:y", "z")},
               {"tank/c", {{"b", 3}}, 1, 9, NvBuilder().text("mountpoint", "/etc")},
               {"tank/c/d", {{"b", 4}}, 3}},
              "b", "a");
  const std::string stream = package_head("tank@b", payload) + substream({"tank@b", 2, 1});
  const StreamHead head = head_of(stream);
  EXPECT_EQ(head.bytes, 3 * 312 + payload.size());
  EXPECT_EQ(head.last_record, stream.substr(2 * 312 + payload.size(), 312));
  ASSERT_TRUE(head.package && head.is_recursive());
  EXPECT_EQ(head.package->from, "a");
  EXPECT_EQ(head.package->to, "b");
  EXPECT_TRUE(head.package->raw);
  EXPECT_THAT(property_names(*head.package), ElementsAre("compression", "mountpoint", "x:y"));
  ASSERT_EQ(head.package->datasets.size(), 3U);
  const PackedProperties none;
  EXPECT_EQ(head.package->find("")->snapshots, (std::vector<PackedSnapshot>{{"a", 1, none}, {"b", 2, none}}));
  EXPECT_EQ(head.package->find("")->properties,
            (PackedProperties{{"compression", std::uint64_t{15}}, {"x:y", std::string("z")}}));
  EXPECT_EQ(head.package->find("c")->origin, 9U);
  EXPECT_EQ(head.package->find("c/d")->parent_from, 3U);
}

TEST(StreamHead, OfASingleDatasetIsNoTree) {
  EXPECT_FALSE(head_of(package_head("tank@b", header) + substream({"tank@b", 2})).is_recursive());
}

TEST(StreamHead, APackageMayHaveNoHeaderAndNoDataset) {
  const StreamHead head = head_of(package_head("tank@b", "") + end_record());
  EXPECT_FALSE(head.package || head.first || head.is_recursive());
}

TEST(StreamHead, EachTruncationIsTooShortAndNothingElse) {
  const std::string stream = package_head("tank@b", header) + substream({"tank@b", 2});
  const std::size_t whole = 3 * 312 + header.size();
  for (std::size_t size = 0; size < whole; ++size) EXPECT_EQ(refusal_of(stream.substr(0, size)), "(too short)") << size;
  EXPECT_EQ(refusal_of(stream.substr(0, whole)), "(taken)");
}

TEST(StreamHead, WhatIsNoStreamIsRefused) {
  EXPECT_THAT(refusal_of(std::string(400, '\0')), HasSubstr("bad magic number"));
  EXPECT_THAT(refusal_of("#!/bin/sh\n" + std::string(400, 'x')), HasSubstr("bad magic number"));
  EXPECT_THAT(refusal_of(std::string(312, '\xff')), HasSubstr("bad magic number"));
  Begin begin = {"tank@a", 1};
  begin.magic = 0x2F5bacbadULL;
  EXPECT_THAT(refusal_of(substream(begin)), HasSubstr("bad magic number"));
  begin = {"tank@a", 1};
  std::string wrong_type = substream(begin);
  wrong_type[0] = 3;
  EXPECT_THAT(refusal_of(wrong_type), HasSubstr("invalid stream"));
  begin.header_type = 0;
  EXPECT_THAT(refusal_of(substream(begin)), HasSubstr("invalid stream"));
  begin.header_type = 3;
  EXPECT_THAT(refusal_of(substream(begin)), HasSubstr("invalid stream"));
}

TEST(StreamHead, TheNameIsOfASnapshotAndHasAnEnd) {
  for (const std::string& name :
       {std::string("tank"), std::string("@a"), std::string("tank@"), std::string(""), std::string("tank@a@b"),
        std::string("tank@a/b"), std::string("-tank@a"), std::string("tank/../x@a"), std::string("tank@%recv"),
        std::string("tank\n@a"), std::string(256, 'a'), "tank@" + std::string(251, 'a')})
    EXPECT_THAT(refusal_of(substream({name, 1})), HasSubstr("bad snapshot name")) << name;
  EXPECT_EQ(refusal_of(substream({"tank@" + std::string(250, 'a'), 1})), "(taken)");
}

TEST(StreamHead, FeaturesThatNoSenderUsesAreRefused) {
  const auto with = [](unsigned bit) { return refusal_of(substream({"tank@a", 1, 0, 2, 0, std::uint64_t{1} << bit})); };
  for (const unsigned bit : {2U, 16U, 17U, 19U, 20U, 22U, 23U, 24U, 25U, 27U, 28U, 29U})
    EXPECT_EQ(with(bit), "(taken)");
  EXPECT_THAT(with(26), HasSubstr("holds"));
  EXPECT_THAT(with(21), HasSubstr("redacted"));
  for (const unsigned bit : {0U, 1U, 3U, 15U, 18U, 30U, 31U, 40U, 55U, 61U})
    EXPECT_THAT(with(bit), HasSubstr("features")) << bit;
}

TEST(StreamHead, APackageWithinAPackageIsRefused) {
  EXPECT_THAT(refusal_of(package_head("tank@b", header) + package_head("tank@b", header)), HasSubstr("invalid stream"));
}

TEST(StreamHead, AHeaderThatIsTooLargeIsRefusedBeforeItIsRead) {
  std::string record = begin_record({"tank@b", 0, 0, 0, 0, 0, "", 2});
  record.replace(4, 4, std::string("\xff\xff\xff\xff", 4));
  EXPECT_THAT(refusal_of(record), HasSubstr("at most 16777216"));
}

TEST(StreamHead, TheHeaderIsFollowedByItsEnd) {
  EXPECT_THAT(refusal_of(begin_record({"tank@b", 0, 0, 0, 0, 0, header, 2}) + substream({"tank@b", 2})),
              HasSubstr("invalid stream"));
}

std::string header_refusal(const std::string& payload) {
  return refusal_of(package_head("tank@b", payload) + substream({"tank@b", 2}));
}

TEST(StreamPackage, KnowsEveryPartAndItsType) {
  const NvBuilder fss = NvBuilder().list("0x1", packed_dataset({"tank", {{"b", 2}}}));
  EXPECT_EQ(header_refusal(NvBuilder().text("tosnap", "b").list("fss", fss).packed()), "(taken)");
  EXPECT_THAT(header_refusal(NvBuilder().text("tosnap", "b").packed()), HasSubstr("not complete"));
  EXPECT_THAT(header_refusal(NvBuilder().list("fss", fss).packed()), HasSubstr("not complete"));
  EXPECT_THAT(header_refusal(NvBuilder().text("tosnap", "b").list("fss", NvBuilder()).packed()), HasSubstr("top"));
  EXPECT_THAT(header_refusal(NvBuilder().text("tosnap", "b").list("fss", fss).text("evil", "x").packed()),
              HasSubstr("'evil', which is not known"));
  EXPECT_THAT(header_refusal(NvBuilder().text("tosnap", "b").list("fss", fss).number("not_recursive", 1).packed()),
              HasSubstr("another type"));
  EXPECT_THAT(header_refusal(NvBuilder().text("tosnap", "b").list("fss", fss).text("raw", "").packed()),
              HasSubstr("another type"));
  EXPECT_THAT(header_refusal(NvBuilder().text("tosnap", "b").number("fromsnap", 1).list("fss", fss).packed()),
              HasSubstr("another type"));
  EXPECT_THAT(header_refusal(NvBuilder().text("tosnap", "x").list("fss", fss).packed()), HasSubstr("two snapshots"));
}

TEST(StreamPackage, ItsNamesAreNamesInItsTree) {
  const auto with = [](const std::vector<Packed>& datasets) { return header_refusal(package(datasets, "b")); };
  EXPECT_THAT(with({{"other", {{"b", 2}}}}), HasSubstr("no dataset of the tree tank"));
  EXPECT_THAT(with({{"tank", {{"b", 2}}}, {"tank2", {{"b", 3}}}}), HasSubstr("no dataset of the tree tank"));
  EXPECT_THAT(with({{"tank", {{"b", 2}}}, {"tank/../x", {{"b", 3}}}}), HasSubstr("no dataset of the tree tank"));
  EXPECT_THAT(with({{"tank", {{"b", 2}}}, {"tank", {{"b", 3}}}}), HasSubstr("twice"));
  EXPECT_THAT(with({{"tank", {{"b", 2}, {"a/../b", 3}}}}), HasSubstr("no name of a snapshot"));
}

// zfs receive looks for a dataset by a guid, and takes the first that lists it.
TEST(StreamPackage, EachGuidIsListedOnce) {
  const auto with = [](const std::vector<Packed>& datasets) { return header_refusal(package(datasets, "b")); };
  EXPECT_THAT(with({{"tank", {{"a", 2}, {"b", 2}}}}), HasSubstr("lists one snapshot twice"));
  EXPECT_THAT(with({{"tank", {{"b", 2}}}, {"tank/c", {{"b", 3}}}, {"tank/d", {{"b", 3}}}}),
              HasSubstr("lists one snapshot twice, as 'c' and as 'd@b'"));
  EXPECT_THAT(with({{"tank", {{"b", 2}}}, {"tank/c", {{"z", 2}, {"b", 3}}}}), HasSubstr("lists one snapshot twice"));
}

TEST(StreamPackage, AnIdIsAGuid) {
  for (const char* bad : {"0x", "1", "x", "0xg", "0x1 ", "0x11111111111111111"}) {
    const NvBuilder fss = NvBuilder().list(bad, packed_dataset({"tank", {{"b", 2}}}));
    EXPECT_THAT(header_refusal(NvBuilder().text("tosnap", "b").list("fss", fss).packed()),
                HasSubstr("no dataset's guid"))
        << bad;
  }
}

TEST(StreamPackage, SnapshotsHavePropertiesOnlyWhereTheyAreListed) {
  const auto with = [](const NvBuilder& properties) {
    const NvBuilder dataset = NvBuilder()
                                  .text("name", "tank")
                                  .number("parentfromsnap", 0)
                                  .list("snaps", NvBuilder().number("a", 1).number("b", 2))
                                  .list("snapprops", properties);
    return header_refusal(NvBuilder().text("tosnap", "b").list("fss", NvBuilder().list("0x1", dataset)).packed());
  };
  EXPECT_EQ(with(NvBuilder()), "(taken)");
  EXPECT_EQ(with(NvBuilder().list("b", NvBuilder().text("x:y", "z"))), "(taken)");
  EXPECT_THAT(with(NvBuilder().list("c", NvBuilder())), HasSubstr("does not list"));
  EXPECT_THAT(with(NvBuilder().list("b", NvBuilder()).list("a", NvBuilder())), HasSubstr("not there"));
  EXPECT_THAT(with(NvBuilder().list("b", NvBuilder().list("x:y", NvBuilder()))), HasSubstr("neither a text nor"));
}

TEST(StreamPackage, ADatasetsParentIsThereAndIsTheOneThatItSays) {
  const auto with = [](const Packed& top, const Packed& child, const std::string& from) {
    return header_refusal(package({top, child}, "b", from));
  };
  EXPECT_EQ(with({"tank", {{"a", 1}, {"b", 2}}}, {"tank/c", {{"b", 3}}, 1}, "a"), "(taken)");
  EXPECT_EQ(with({"tank", {{"b", 2}}}, {"tank/c", {{"b", 3}}, 2}, "a"), "(taken)");
  EXPECT_EQ(with({"tank", {{"b", 2}}}, {"tank/c", {{"b", 3}}, 0}, ""), "(taken)");
  EXPECT_THAT(with({"tank", {{"a", 1}, {"b", 2}}}, {"tank/c", {{"b", 3}}, 2}, "a"), HasSubstr("another parent"));
  EXPECT_THAT(with({"tank", {{"a", 1}, {"b", 2}}}, {"tank/c", {{"b", 3}}, 77}, ""), HasSubstr("another parent"));
  EXPECT_THAT(with({"tank", {{"b", 2}}}, {"tank/c/d", {{"b", 3}}, 2}, ""), HasSubstr("parent of 'c/d' is not there"));
}

TEST(StreamPackage, AKeyLocationIsAShortOneOfTheKnownForms) {
  const auto with = [](const std::string& location) {
    return header_refusal(package({{"tank", {{"b", 2}}, 0, 0, NvBuilder().text("keylocation", location)}}, "b"));
  };
  for (const char* good : {"prompt", "none", "file:///root/key"}) EXPECT_EQ(with(good), "(taken)") << good;
  for (const std::string& bad :
       {std::string("file://etc"), std::string("ftp://x"), std::string(""), std::string("prompt "),
        std::string("https://keys.example/k"), "file:///" + std::string(300, 'a'), std::string("file:///a\nb")})
    EXPECT_THAT(with(bad), HasSubstr("keylocation")) << bad;
}

TEST(NvList, ReadsWhatLibnvpairWrites) {
  // Made by libnvpair 3 of OpenZFS 2.1.11: {"a": boolean, "n": 2^63+5, "s": "hello", "l": {"x": 1, "e": {}}}.
  constexpr char bytes[] =
      "\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x18\x00\x00\x00\x18\x00\x00\x00\x01"
      "\x61\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x20\x00\x00\x00\x20\x00\x00\x00\x01"
      "\x6e\x00\x00\x00\x00\x00\x00\x08\x00\x00\x00\x01\x80\x00\x00\x00\x00\x00\x00\x05\x00\x00\x00\x24"
      "\x00\x00\x00\x20\x00\x00\x00\x01\x73\x00\x00\x00\x00\x00\x00\x09\x00\x00\x00\x01\x00\x00\x00\x05"
      "\x68\x65\x6c\x6c\x6f\x00\x00\x00\x00\x00\x00\x70\x00\x00\x00\x30\x00\x00\x00\x01\x6c\x00\x00\x00"
      "\x00\x00\x00\x13\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x20\x00\x00\x00\x20"
      "\x00\x00\x00\x01\x78\x00\x00\x00\x00\x00\x00\x08\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x01"
      "\x00\x00\x00\x28\x00\x00\x00\x30\x00\x00\x00\x01\x65\x00\x00\x00\x00\x00\x00\x13\x00\x00\x00\x01"
      "\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
      "\x00\x00\x00\x00\x00\x00\x00\x00";
  const std::string packed(bytes, sizeof bytes - 1);
  const NvList list = parse_nvlist(packed);
  ASSERT_EQ(list.size(), 4U);
  EXPECT_EQ(find(list, "a")->type, NvType::boolean);
  EXPECT_EQ(find(list, "n")->number, 0x8000000000000005ULL);
  EXPECT_EQ(find(list, "s")->text, "hello");
  EXPECT_EQ(find(find(list, "l")->list, "x")->number, 1U);
  EXPECT_TRUE(find(find(list, "l")->list, "e")->list.empty());
  EXPECT_EQ(find(list, "x"), nullptr);
  EXPECT_EQ(encode_nvlist(list), packed);
}

bool is_malformed(const std::string& packed) {
  try {
    parse_nvlist(packed);
  } catch (const Refused&) {
    return true;
  }
  return false;
}

TEST(NvList, RefusesWhatLibnvpairMightReadOtherwise) {
  EXPECT_FALSE(is_malformed(NvBuilder().number("a", 1).packed()));
  EXPECT_TRUE(is_malformed(NvBuilder().number("a", 1).number("a", 2).packed()));
  EXPECT_TRUE(is_malformed(NvBuilder().number("a", 1).text("a", "x").packed()));
  EXPECT_TRUE(is_malformed(NvBuilder().number("a", 1).packed() + "x"));
  EXPECT_TRUE(is_malformed(NvBuilder().text("a", std::string("x\0y", 3)).packed()));
  EXPECT_TRUE(is_malformed(NvBuilder().number(std::string("a\0", 2), 1).packed()));
  EXPECT_TRUE(is_malformed(NvBuilder().number("", 1).packed()));
  EXPECT_TRUE(is_malformed(NvBuilder().pair("a", 8, 0, "").packed()));
  EXPECT_TRUE(is_malformed(NvBuilder().pair("a", 8, 2, std::string(16, '\0')).packed()));
  EXPECT_TRUE(is_malformed(NvBuilder().pair("a", 1, 1, "").packed()));
  EXPECT_TRUE(is_malformed(NvBuilder().pair("a", 16, 1, NvBuilder::string("x")).packed()));
  EXPECT_TRUE(is_malformed(NvBuilder().pair("a", 0, 0, "").packed()));
  EXPECT_TRUE(is_malformed(NvBuilder().pair("a", 9, 1, NvBuilder::word(0xffffffff)).packed()));
  std::string packed = NvBuilder().number("a", 1).packed();
  packed[0] = 0;  // the other encoding
  EXPECT_TRUE(is_malformed(packed));
  packed = NvBuilder().number("a", 1).packed();
  packed[11] = 0;  // names need not be unique
  EXPECT_TRUE(is_malformed(packed));
  packed = NvBuilder().number("a", 1).packed();
  packed[7] = 1;  // another version
  EXPECT_TRUE(is_malformed(packed));
}

TEST(NvList, DeepNestingIsRefused) {
  NvBuilder list;
  for (int depth = 0; depth < 1000; ++depth) {
    NvBuilder outer;
    outer.list("a", list);
    list = outer;
  }
  EXPECT_TRUE(is_malformed(list.packed()));
}

TEST(NvList, EachTruncationAndEachChangedByteIsReadOrRefused) {
  const std::string packed = package({{"tank", {{"a", 1}, {"b", 2}}}, {"tank/c", {{"b", 3}}, 1}}, "b", "a");
  for (std::size_t size = 0; size < packed.size(); ++size) EXPECT_TRUE(is_malformed(packed.substr(0, size))) << size;
  int malformed = 0;
  for (std::size_t at = 0; at < packed.size(); ++at) {
    for (const int changed : {0, 1, 0x7f, 0xff}) {
      std::string other = packed;
      other[at] = static_cast<char>(changed);
      malformed += is_malformed(other) ? 1 : 0;
    }
  }
  EXPECT_GT(malformed, 100);
}

}  // namespace
}  // namespace czb::receiver
