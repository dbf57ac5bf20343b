// SPDX-License-Identifier: MIT
// The records of a dataset's stream are those that zfs send writes (values as seen in streams of OpenZFS 2.1.11 and
// 2.3.2), and nothing else.
#include "receiver/stream/dataset_records.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <algorithm>
#include <functional>
#include <tuple>
#include <vector>

#include "fixtures/key_data_builder.h"
#include "fixtures/stream_builder.h"
#include "receiver/answer.h"
#include "receiver/stream/lz4.h"
#include "receiver/stream/lzjb.h"

namespace czb::receiver {
namespace {

using namespace czb::test;  // NOLINT(google-build-using-namespace)
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr std::uint64_t all = ~std::uint64_t{0};
constexpr std::uint32_t file = 19;
constexpr std::uint32_t block = 4096;
constexpr std::uint64_t number = 40;
constexpr std::uint32_t attributes = 44;
constexpr std::uint32_t bonus_bytes = 168;

// Of an object's bonus, as ZFS lays it out: a header, then mode, size, generation, owner, group, parent, flags …
std::string bonus(std::uint32_t magic = 0x2F505A, std::uint16_t header = 8, std::uint64_t flags = 0,
                  std::size_t size = bonus_bytes) {
  std::string bytes(size, 'b');
  const std::uint16_t layout = static_cast<std::uint16_t>(2U | header / 8U << 10U);
  std::memcpy(bytes.data(), &magic, sizeof magic);
  std::memcpy(bytes.data() + 4, &layout, sizeof layout);
  if (header + 48 + sizeof flags <= size) std::memcpy(bytes.data() + header + 48, &flags, sizeof flags);
  return bytes;
}

// A block of zeros, with LZ4.
std::string zeros() {
  // A byte, 4082 copies of it, and the last ones as they are.
  std::string lz4 = std::string("\x1f\0\1\0", 4) + std::string(15, '\xff') + '\xee' + '\xd0' + std::string(13, '\0');
  lz4.insert(0, std::string(3, '\0') + static_cast<char>(lz4.size()));
  return lz4;
}

struct Part {
  RecordBuilder record;
  std::string payload = {};
};

RecordBuilder an_object(std::uint64_t which = number) {
  return object_of(which, file, block).put(20, attributes).put(28, bonus_bytes);
}
RecordBuilder raw_object(std::uint64_t which = number) {
  return an_object(which)
      .put<std::uint32_t>(36, 320)
      .put<std::uint8_t>(48, 17)
      .put<std::uint8_t>(49, 2)
      .put<std::uint8_t>(50, 1)
      .put<std::uint64_t>(56, 9);
}
RecordBuilder a_write(std::uint64_t offset = 0) { return write_to(number, file, offset, block); }
RecordBuilder raw_write(std::uint64_t offset = 0, std::uint64_t compressed = 1024) {
  return a_write(offset).put<std::uint8_t>(50, 15).put(96, compressed);
}
RecordBuilder an_embedded() {
  return RecordBuilder(8)
      .put(8, number)
      .put<std::uint64_t>(24, block)
      .put<std::uint8_t>(40, 15)
      .put(48, block)
      .put<std::uint32_t>(52, 42);
}
RecordBuilder a_spill() { return RecordBuilder(7).put(8, number).put<std::uint64_t>(16, 1024); }
RecordBuilder raw_spill() { return a_spill().put<std::uint8_t>(33, 15).put<std::uint64_t>(40, 512); }
RecordBuilder spilled_object() { return an_object().put<std::uint8_t>(35, object_has_spill); }
RecordBuilder raw_spilled_object() {
  return raw_object().put<std::uint32_t>(36, 192).put<std::uint8_t>(35, object_has_spill);
}
RecordBuilder free_of(std::uint64_t which, std::uint64_t offset, std::uint64_t bytes) {
  return RecordBuilder(4).put(8, which).put(16, offset).put(24, bytes);
}
RecordBuilder freed_objects(std::uint64_t first, std::uint64_t count) {
  return RecordBuilder(2).put(8, first).put(16, count);
}
RecordBuilder a_range(std::uint64_t first = 32, std::uint64_t count = 32) {
  return RecordBuilder(9).put(8, first).put(16, count);
}

// What is said of these; empty: nothing.
std::string refusal_of(const std::vector<RecordBuilder>& records, std::uint64_t features = 0, bool is_volume = false) {
  BeginRecord begin;
  begin.features = features;
  begin.is_volume = is_volume;
  DatasetRecords rules(begin);
  try {
    for (const RecordBuilder& each : records) {
      const std::string record = each.bytes();
      const RecordType type = record_type(record);
      if (rules.record(type, record)) rules.content(type == RecordType::write_embedded ? zeros() : bonus());
    }
    return "";
  } catch (const Refused& refused) {
    return refused.what();
  }
}

using Change = std::function<void(RecordBuilder&)>;
template <typename Number>
Change at(std::size_t offset, Number value) {
  return [=](RecordBuilder& record) { record.put(offset, value); };
}

// Each change of `genuine` alone, behind what comes before it, is refused; as it is, it is taken.
void expect_refused(const std::vector<RecordBuilder>& before, const RecordBuilder& genuine, std::uint64_t features,
                    const std::vector<Change>& changes) {
  const auto with = [&](const RecordBuilder& record) {
    std::vector<RecordBuilder> records = before;
    records.push_back(record);
    return refusal_of(records, features);
  };
  EXPECT_EQ(with(genuine), "");
  for (std::size_t i = 0; i < changes.size(); ++i) {
    RecordBuilder changed = genuine;
    changes[i](changed);
    EXPECT_THAT(with(changed), AllOf(StartsWith("invalid stream ("), HasSubstr("as zfs send writes none"))) << i;
  }
}

TEST(DatasetRecords, AFileSystemsStreamIsTaken) {
  const std::vector<RecordBuilder> records = {
      freed_objects(0, 1),
      object_of(1, 21, 1024),
      free_of(1, 1024, all),
      write_to(1, 21, 0, 1024),
      object_of(2, 35, 16384).put<std::uint32_t>(20, 36).put<std::uint32_t>(28, 8),
      freed_objects(3, 30),
      spilled_object().put<std::uint8_t>(34, 4),
      free_of(number, 8 * block, all),
      a_spill().put<std::uint8_t>(32, spill_is_unmodified),
      a_write(),
      free_of(number, block, 2 * block),
      a_write(5 * block).put<std::uint8_t>(49, write_is_distinct),
      freed_objects(number + 4, 20),
      an_object(number + 24)};
  EXPECT_EQ(refusal_of(records, feature_large_dnodes), "");
  EXPECT_EQ(refusal_of({an_object(), an_embedded(), a_write(block)}, feature_embedded), "");
  EXPECT_EQ(refusal_of({an_object(), raw_write(), raw_write(block, block)}, feature_compressed), "");
}

TEST(DatasetRecords, ARawStreamIsTaken) {
  EXPECT_EQ(refusal_of({a_range(0), freed_objects(0, 32), a_range(), raw_object(), free_of(number, 10 * block, all),
                        raw_write().put<std::uint8_t>(49, write_is_distinct), free_of(number, block, block),
                        raw_write(2 * block).put<std::uint8_t>(50, 2).put<std::uint64_t>(96, block)},
                       feature_raw),
            "");
  EXPECT_EQ(refusal_of({a_range(), raw_spilled_object(), raw_spill()}, feature_raw), "");
}

// What a raw stream says of its byte order the kernel believes, and nobody here can see whether it is so.
TEST(DatasetRecords, NothingIsOfTheOtherByteOrder) {
  const auto refuses = [](const std::vector<RecordBuilder>& records) {
    EXPECT_THAT(refusal_of(records, feature_raw),
                AllOf(StartsWith("invalid stream ("), HasSubstr("a machine of the other byte order")));
  };
  refuses({a_range().put<std::uint8_t>(68, object_is_swapped)});
  refuses({a_range(), raw_object().put<std::uint8_t>(35, object_is_swapped)});
  refuses({a_range(), raw_object(), raw_write().put<std::uint8_t>(49, write_is_swapped)});
  refuses({a_range(), raw_object(), raw_write().put<std::uint8_t>(49, write_is_swapped | write_is_distinct)});
  refuses({a_range(), raw_spilled_object(), raw_spill().put<std::uint8_t>(32, spill_is_swapped)});
}

// Of streams before 2.1, all of a block's objects come before what is of them.
TEST(DatasetRecords, WhatIsOfAnObjectMayComeBehindOthers) {
  EXPECT_EQ(refusal_of({an_object(), free_of(number, block, all), an_object(41), free_of(41, block, all), a_write(),
                        write_to(41, file, 0, block)}),
            "");
}

// Blocks of 1 MiB, of a sender that may not send such: in pieces, the last one as large as is left.
TEST(DatasetRecords, LargeBlocksComeInPieces) {
  const RecordBuilder object = an_object().put(24, usual_largest_block);
  const RecordBuilder last = write_to(number, file, usual_largest_block, 73728);
  const RecordBuilder first = write_to(number, file, 0, usual_largest_block);
  EXPECT_EQ(refusal_of({object, free_of(number, 204800, all), first, last}), "");
  EXPECT_NE(refusal_of({object, free_of(number, 204288, all), first, last}), "") << "both freed and written";
  EXPECT_EQ(refusal_of({object, free_of(number, 204800, all), free_of(number, 0, 204800)}), "") << "a hole";
  EXPECT_NE(refusal_of({object, free_of(number, 0, 204800), last}), "") << "both freed and written";
  EXPECT_NE(refusal_of({object, free_of(number, 0, 204800)}, feature_large_blocks), "");
  EXPECT_NE(refusal_of({object, first, last}, feature_large_blocks), "");
  EXPECT_EQ(refusal_of({an_object().put<std::uint32_t>(24, 1U << 20U), write_to(number, file, 1U << 20U, 1U << 20U)},
                       feature_large_blocks),
            "");
  // The smaller one is the last.
  for (const std::uint64_t bytes : {std::uint64_t{512}, std::uint64_t{usual_largest_block - 512}}) {
    const RecordBuilder small = write_to(number, file, 0, bytes);
    EXPECT_EQ(refusal_of({object, small}), "");
    EXPECT_EQ(refusal_of({object, small, an_object(number + 1)}), "");
    EXPECT_THAT(refusal_of({object, small, last}), HasSubstr("behind its end"));
    const RecordBuilder in_pointer = an_embedded().put<std::uint64_t>(16, usual_largest_block);
    EXPECT_NE(
        refusal_of({object, small,
                    RecordBuilder(in_pointer).put<std::uint64_t>(24, usual_largest_block).put(48, usual_largest_block)},
                   feature_embedded),
        "");
  }
}

TEST(DatasetRecords, AnObjectIsOneThatZfsMakes) {
  std::vector<Change> changes = {at<std::uint64_t>(8, 0),       at<std::uint64_t>(8, all),
                                 at<std::uint64_t>(8, all - 1), at(8, end_of_objects),
                                 at<std::uint8_t>(32, 9),       at<std::uint8_t>(33, 15),  // a checksum, a compression
                                 at<std::uint8_t>(34, 33),      at<std::uint8_t>(34, 25),
                                 at<std::uint8_t>(34, 255),  // slots
                                 at<std::uint8_t>(35, 1),       at<std::uint8_t>(35, object_is_swapped),
                                 at<std::uint8_t>(35, 8),  // flags
                                 at<std::uint32_t>(24, 0),      at<std::uint32_t>(24, 511),
                                 at<std::uint32_t>(24, 513),    at<std::uint32_t>(24, 1U << 25U),
                                 at<std::uint32_t>(28, 0),      at<std::uint32_t>(28, 321),
                                 at<std::uint32_t>(28, 12000),  // of the bonus
                                 at<std::uint32_t>(36, 320),    at<std::uint8_t>(48, 17),
                                 at<std::uint8_t>(49, 1),       at<std::uint8_t>(50, 1)};
  for (const std::uint32_t type : {0U, 9U, 10U, 11U, 17U, 23U, 24U, 25U, 39U, 44U, 48U, 53U, 0x8aU, 0xffffffffU})
    changes.push_back(at(16, type));
  for (const std::uint32_t type : {0U, 1U, 10U, 11U, 19U, 0x8cU, 0xffffffffU}) changes.push_back(at(20, type));
  expect_refused({}, an_object(), 0, changes);
  expect_refused({}, an_object(), feature_large_dnodes, changes);
  expect_refused({}, spilled_object(), 0, {at<std::uint32_t>(28, 193)});
  EXPECT_NE(refusal_of({object_of(1, file)}, 0, true), "") << "of a volume";
  EXPECT_EQ(refusal_of({object_of(1, 23)}, 0, true), "");
}

// (zfs_znode.c, zfs_acl.c, zfs_fuid.c, zap_create)
TEST(DatasetRecords, AnObjectHasTheBonusOfItsType) {
  const auto refusal = [](std::uint32_t type, std::uint32_t bonus_type, std::uint32_t bytes, bool raw) {
    RecordBuilder object = object_of(number, type).put(20, bonus_type).put(28, bytes);
    if (!raw) return refusal_of({object});
    const std::uint64_t pointers = bonus_type == attributes ? 1 : std::min<std::uint64_t>(3, 1 + (320 - bytes) / 128);
    put_raw(object, 1)
        .put(50, static_cast<std::uint8_t>(pointers))
        .put<std::uint32_t>(36, bytes == 0 ? 0 : static_cast<std::uint32_t>(320 - (pointers - 1) * 128));
    return refusal_of({a_range(), object}, feature_raw);
  };
  struct Genuine {
    std::uint32_t type;
    std::uint32_t bonus_type;
    std::vector<std::uint32_t> sizes;
  };
  const std::vector<Genuine> genuine = {{18, 0, {0}},
                                        {19, attributes, {168}},
                                        {19, 17, {264, 265, 320}},
                                        {20, attributes, {168}},
                                        {20, 17, {264}},
                                        {21, 0, {0}},
                                        {22, 0, {0}},
                                        {33, 34, {320}},
                                        {35, 36, {8}},
                                        {40, 0, {0}},
                                        {45, 0, {0}},
                                        {46, 0, {0}},
                                        {47, 0, {0}}};
  for (const bool raw : {false, true})
    for (std::uint32_t type = 0; type < 60; ++type)
      for (const std::uint32_t bonus_type : {0U, 10U, 17U, 34U, 36U, attributes})
        for (const std::uint32_t bytes : {0U, 4U, 8U, 16U, 64U, 168U, 263U, 264U, 265U, 319U, 320U}) {
          const bool is_genuine = std::any_of(genuine.begin(), genuine.end(), [&](const Genuine& each) {
            const bool has_size = bonus_type == attributes
                                      ? bytes >= (raw ? 1U : 60U)
                                      : std::find(each.sizes.begin(), each.sizes.end(), bytes) != each.sizes.end();
            const bool is_symlink = bonus_type == 17 && bytes >= 264;
            return each.type == type && each.bonus_type == bonus_type && (has_size || is_symlink);
          });
          EXPECT_EQ(refusal(type, bonus_type, bytes, raw).empty(), is_genuine)
              << type << " " << bonus_type << " " << bytes << " " << raw << refusal(type, bonus_type, bytes, raw);
        }
}

TEST(DatasetRecords, OnlyAttributesOfStreamsWithLargeDnodesTakeMoreSlots) {
  const auto with_slots = [](RecordBuilder object) { return object.put<std::uint8_t>(34, 2); };
  EXPECT_EQ(refusal_of({with_slots(an_object())}, feature_large_dnodes), "");
  EXPECT_THAT(refusal_of({with_slots(an_object())}), HasSubstr("takes 2 slots"));
  const RecordBuilder raw = raw_object().put<std::uint32_t>(36, 832);
  EXPECT_EQ(refusal_of({a_range(), with_slots(raw)}, feature_raw | feature_large_dnodes), "");
  EXPECT_THAT(refusal_of({a_range(), with_slots(raw)}, feature_raw), HasSubstr("takes 2 slots"));
  // The kernel has another place for these than it is told, and frees them by increments.
  const RecordBuilder old = object_of(number, file).put<std::uint32_t>(20, 17).put<std::uint32_t>(28, 264);
  EXPECT_EQ(refusal_of({old}, feature_large_dnodes), "");
  EXPECT_THAT(refusal_of({with_slots(old)}), HasSubstr("takes 2 slots"));
  EXPECT_THAT(refusal_of({with_slots(old)}, feature_large_dnodes),
              AllOf(StartsWith("the stream brings files that would be lost"), HasSubstr("object 40")));
  RecordBuilder raw_old = old;
  put_raw(raw_old, 1).put<std::uint8_t>(50, 1).put<std::uint32_t>(36, 320);
  EXPECT_EQ(refusal_of({a_range(), raw_old}, feature_raw | feature_large_dnodes), "");
  for (const std::uint32_t bytes : {320U, 832U})
    EXPECT_THAT(
        refusal_of({a_range(), with_slots(RecordBuilder(raw_old).put(36, bytes))}, feature_raw | feature_large_dnodes),
        HasSubstr("would be lost"));
  for (const auto& [type, bonus_type, bytes] : {std::tuple(33U, 34U, 320U), std::tuple(35U, 36U, 8U)})
    EXPECT_THAT(
        refusal_of({with_slots(object_of(number, type).put(20, bonus_type).put(28, bytes))}, feature_large_dnodes),
        HasSubstr("takes 2 slots"));
}

TEST(DatasetRecords, ARawObjectIsOneThatZfsMakes) {
  expect_refused({a_range()}, raw_object(), feature_raw,
                 {at<std::uint32_t>(36, 0),   at<std::uint32_t>(36, 168),       at<std::uint32_t>(36, 328),
                  at<std::uint8_t>(48, 0),    at<std::uint8_t>(48, 1),          at<std::uint8_t>(48, 14),
                  at<std::uint8_t>(48, 18),   at<std::uint8_t>(48, 255),        at<std::uint8_t>(49, 0),
                  at<std::uint8_t>(49, 1),    at<std::uint8_t>(49, 9),          at<std::uint8_t>(49, 255),
                  at<std::uint8_t>(50, 0),    at<std::uint8_t>(50, 3),          at<std::uint64_t>(56, 1024),
                  at<std::uint64_t>(56, all), at<std::uint64_t>(56, all >> 1U), at<std::uint32_t>(28, 0),
                  at<std::uint64_t>(8, 64),   at<std::uint64_t>(8, 31)});
  EXPECT_NE(refusal_of({raw_object()}, feature_raw), "") << "without its block of objects";
  // Levels enough, but no more than any file can have.
  EXPECT_EQ(refusal_of({a_range(), raw_object().put<std::uint8_t>(49, 7)}, feature_raw), "");
  EXPECT_NE(refusal_of({a_range(), raw_object().put<std::uint8_t>(49, 8)}, feature_raw), "");
}

TEST(DatasetRecords, ABonusHasAnOwner) {
  const auto refusal = [](const std::string& held, std::uint32_t type = attributes) {
    BeginRecord begin;
    DatasetRecords rules(begin);
    const std::string record =
        object_of(number, file).put(20, type).put(28, static_cast<std::uint32_t>(held.size())).bytes();
    try {
      if (rules.record(RecordType::object, record)) rules.content(held + std::string((8 - held.size() % 8) % 8, '\0'));
      return std::string();
    } catch (const Refused& refused) {
      return std::string(refused.what());
    }
  };
  constexpr std::uint64_t has_project = 0x0000800000000000;
  EXPECT_EQ(refusal(bonus()), "");
  EXPECT_EQ(refusal(bonus(0x2F505A, 16, 0, 177)), "");
  EXPECT_EQ(refusal(bonus(0x2F505A, 8, has_project)), "");
  const std::string other_order = {'\0', '\x2f', '\x50', '\x5a', '\x08', '\x02'};
  EXPECT_EQ(refusal(other_order + std::string(162, '\0')), "");
  EXPECT_EQ(refusal(std::string(264, 'z'), 17), "");
  for (const std::string& held : {bonus(0x12345), bonus(0), bonus(0x2F505A, 0), bonus(0x2F505A, 120),
                                  bonus(0x2F505A, 16, has_project, 151), bonus().substr(0, 60), bonus().substr(0, 7)})
    EXPECT_THAT(refusal(held), HasSubstr("a bonus without its owner"));
  EXPECT_THAT(refusal(std::string(263, 'z'), 17), HasSubstr("a bonus of 263 bytes"));
}

TEST(DatasetRecords, ABlockIsOfItsObject) {
  const std::vector<Change> changes = {at<std::uint64_t>(8, 41),
                                       at<std::uint64_t>(8, all),
                                       at<std::uint32_t>(16, 10),
                                       at<std::uint32_t>(16, 20),
                                       at<std::uint64_t>(24, 100),
                                       at<std::uint64_t>(24, 512),
                                       at<std::uint64_t>(24, all - block + 1),
                                       at<std::uint64_t>(24, std::uint64_t{1} << 63U),
                                       at<std::uint64_t>(32, 0),
                                       at<std::uint64_t>(32, 512),
                                       at<std::uint64_t>(32, 2 * block),
                                       at<std::uint8_t>(49, 2),
                                       at<std::uint8_t>(49, 4),
                                       at<std::uint8_t>(50, 15),
                                       at<std::uint8_t>(50, 2)};
  expect_refused({an_object()}, a_write(), 0, changes);
  std::vector<Change> of_compressed = {at<std::uint64_t>(96, 0), at<std::uint64_t>(96, 100), at<std::uint64_t>(96, 777),
                                       at<std::uint64_t>(96, 2 * block)};
  for (const unsigned how : {1U, 4U, 16U, 17U, 31U, 127U, 255U})
    of_compressed.push_back(at(50, static_cast<std::uint8_t>(how)));
  expect_refused({an_object()}, raw_write(), feature_compressed, of_compressed);
  EXPECT_EQ(refusal_of({an_object(), raw_write().put<std::uint8_t>(50, 16)}, feature_compressed | feature_zstd), "");
  of_compressed.push_back(at<std::uint8_t>(50, 0));
  of_compressed.push_back(at<std::uint8_t>(50, 2));
  of_compressed.push_back(at<std::uint64_t>(32, 512));
  of_compressed.push_back(at<std::uint64_t>(24, 10 * block));
  expect_refused({a_range(), raw_object()}, raw_write(), feature_raw, of_compressed);
}

TEST(DatasetRecords, ABlockInItsPointerIsOfItsObject) {
  const std::vector<Change> changes = {
      at<std::uint64_t>(8, 41), at<std::uint64_t>(16, 512), at<std::uint64_t>(24, 512), at<std::uint32_t>(48, 512),
      at<std::uint8_t>(40, 0),  at<std::uint8_t>(40, 2),    at<std::uint8_t>(40, 16),   at<std::uint8_t>(41, 1),
      at<std::uint8_t>(41, 2),  at<std::uint32_t>(52, 0),   at<std::uint32_t>(52, 113)};
  expect_refused({an_object()}, an_embedded(), feature_embedded, changes);
  EXPECT_NE(refusal_of({an_object(), an_embedded()}), "") << "which the beginning does not tell of";
  EXPECT_NE(refusal_of({a_range(), raw_object(), an_embedded()}, feature_raw | feature_embedded), "");
}

TEST(DatasetRecords, AttributesElsewhereAreOfTheirObject) {
  const std::vector<Change> changes = {at<std::uint64_t>(8, 41),
                                       at<std::uint64_t>(8, all),
                                       at<std::uint64_t>(16, 0),
                                       at<std::uint64_t>(16, 520),
                                       at<std::uint64_t>(16, 2 * usual_largest_block),
                                       at<std::uint8_t>(32, 1),
                                       at<std::uint8_t>(32, spill_is_swapped),
                                       at<std::uint8_t>(33, 15),
                                       at<std::uint64_t>(40, 512),
                                       at<std::uint32_t>(84, 10)};
  expect_refused({spilled_object()}, a_spill(), 0, changes);
  EXPECT_NE(refusal_of({an_object(), a_spill()}), "") << "which the object does not tell of";
  EXPECT_NE(refusal_of({spilled_object(), a_spill(), a_spill()}), "");
  EXPECT_NE(refusal_of({object_of(number, 21).put<std::uint8_t>(35, object_has_spill), a_spill()}), "");
  expect_refused({a_range(), raw_spilled_object()}, raw_spill(), feature_raw,
                 {at<std::uint8_t>(33, 0), at<std::uint8_t>(33, 2), at<std::uint8_t>(33, 4), at<std::uint64_t>(40, 0),
                  at<std::uint64_t>(40, 520), at<std::uint64_t>(40, 1536), at<std::uint32_t>(84, 11)});
}

TEST(DatasetRecords, WhatIsFreedComesInItsOrder) {
  expect_refused({an_object(), a_write(block)}, free_of(number, 2 * block, block), 0,
                 {at<std::uint64_t>(8, 41), at<std::uint64_t>(8, all), at<std::uint64_t>(16, block)});
  expect_refused({an_object()}, freed_objects(number + 1, 9), 0,
                 {at<std::uint64_t>(8, number), at<std::uint64_t>(8, 0), at<std::uint64_t>(16, all)});
}

// Senders without a bound of their own free them, and the kernel stops there.
TEST(DatasetRecords, ObjectsBehindAllThatThereCanBeMayBeFreed) {
  EXPECT_EQ(refusal_of({an_object(), freed_objects(number + 1, all - number - 1)}), "");
  EXPECT_EQ(refusal_of({an_object(), freed_objects(end_of_objects, end_of_objects)}), "");
  EXPECT_NE(refusal_of({freed_objects(0, end_of_objects), an_object()}), "");
}

// OpenZFS 2.3 sends a spill block so where it is compressed to a few bytes.
TEST(DatasetRecords, AttributesInAPointerAreToldApart) {
  const auto embedded_at = [](std::uint64_t offset, std::uint64_t bytes) {
    return an_embedded().put(16, offset).put(24, bytes).put(48, static_cast<std::uint32_t>(bytes));
  };
  for (const std::uint64_t bytes : {std::uint64_t{512}, std::uint64_t{1024}, std::uint64_t{usual_largest_block}})
    EXPECT_THAT(refusal_of({spilled_object(), embedded_at(0 - 2 * bytes, bytes)}, feature_embedded),
                AllOf(HasSubstr("would lose attributes"), HasSubstr("object 40"), HasSubstr("Without -e")));
  // It is not there in an object that has none, nor anywhere else.
  EXPECT_THAT(refusal_of({an_object(), embedded_at(0 - 2 * std::uint64_t{512}, 512)}, feature_embedded),
              StartsWith("invalid stream ("));
  EXPECT_THAT(refusal_of({spilled_object(), embedded_at(0 - std::uint64_t{512}, 512)}, feature_embedded),
              StartsWith("invalid stream ("));
}

// What is both freed in part and written would be given back twice.
TEST(DatasetRecords, BlocksAreFreedWhole) {
  for (const bool raw : {false, true}) {
    const std::vector<RecordBuilder> object = raw ? std::vector{a_range(), raw_object()} : std::vector{an_object()};
    const std::uint64_t features = raw ? feature_raw : 0;
    expect_refused(object, free_of(number, block, block), features,
                   {at<std::uint64_t>(16, 512), at<std::uint64_t>(24, 512), at<std::uint64_t>(24, 0),
                    at<std::uint64_t>(24, 100), at<std::uint64_t>(24, 0x7ffffffffffffff1)});
    std::vector<RecordBuilder> records = object;
    records.push_back(free_of(number, block, all - block));
    EXPECT_EQ(refusal_of(records, features), "");
    records.push_back(raw ? raw_write(block) : a_write(block));
    EXPECT_NE(refusal_of(records, features), "") << "freed before";
    records = object;
    records.push_back(free_of(number, 0, 2 * block));
    records.push_back(raw ? raw_write(block) : a_write(block));
    EXPECT_NE(refusal_of(records, features), "") << "freed before";
  }
}

// The kernel takes each of its blocks for the first.
TEST(DatasetRecords, AnObjectOfAnotherBlockSizeThanAPowerOfTwoHasOneBlock) {
  const RecordBuilder object = an_object().put<std::uint32_t>(24, 18944);
  EXPECT_EQ(refusal_of({object, write_to(number, file, 0, 18944)}), "");
  EXPECT_NE(refusal_of({object, write_to(number, file, 18944, 18944)}), "");
  const RecordBuilder raw = raw_object().put<std::uint32_t>(24, 18944);
  EXPECT_EQ(refusal_of({a_range(), RecordBuilder(raw).put<std::uint64_t>(56, 0)}, feature_raw), "");
  EXPECT_NE(refusal_of({a_range(), RecordBuilder(raw).put<std::uint64_t>(56, 1)}, feature_raw), "");
}

// A spill block's pointer lies where an object without attributes has others.
TEST(DatasetRecords, OnlyAnObjectWithAttributesHasSomeElsewhere) {
  for (const auto& [type, bytes] : {std::pair(0U, 0U), std::pair(36U, 8U), std::pair(36U, 64U), std::pair(17U, 264U)}) {
    const RecordBuilder object = object_of(number, file).put(20, type).put(28, bytes);
    EXPECT_EQ(refusal_of({object}).empty(), type == 17) << "of a file";
    EXPECT_NE(refusal_of({RecordBuilder(object).put<std::uint8_t>(35, object_has_spill)}), "") << type;
    RecordBuilder raw = RecordBuilder(object).put<std::uint8_t>(35, object_has_spill);
    put_raw(raw, 1);
    EXPECT_NE(refusal_of({a_range(), raw}, feature_raw), "") << type;
  }
}

// The kernel's LZJB reads on behind what came.
TEST(DatasetRecords, LzjbIsLookedInto) {
  const auto refusal = [](const RecordBuilder& block_record, const std::string& payload, std::uint64_t features) {
    BeginRecord begin;
    begin.features = features;
    DatasetRecords rules(begin);
    const std::string object = file_of(number).bytes();
    rules.record(RecordType::object, object);
    rules.content(file_bonus());
    const std::string record = block_record.bytes();
    EXPECT_TRUE(rules.record(record_type(record), record));
    try {
      rules.content(payload);
      return std::string();
    } catch (const Refused& refused) {
      return std::string(refused.what());
    }
  };
  // A byte, and copies of it: seven, and one more.
  std::string letters = "\xfe";
  letters += 'a';
  for (int i = 0; i < 7; ++i) letters += "\xfc\x01";
  letters += "\xff\xfc\x01";
  ASSERT_EQ(decompress_lzjb(letters, 512), std::string(512, 'a'));
  const RecordBuilder embedded = RecordBuilder(8)
                                     .put(8, number)
                                     .put<std::uint64_t>(24, 512)
                                     .put<std::uint8_t>(40, 3)
                                     .put<std::uint32_t>(48, 512)
                                     .put(52, static_cast<std::uint32_t>(letters.size()));
  EXPECT_EQ(refusal(embedded, letters, feature_embedded), "");
  EXPECT_THAT(refusal(RecordBuilder(embedded).put<std::uint32_t>(52, 8), std::string(8, '\0'), feature_embedded),
              HasSubstr("compressed with LZJB that is not"));
  const RecordBuilder written = write_to(number, file, 0, 512).put<std::uint8_t>(50, 3).put<std::uint64_t>(96, 512);
  EXPECT_THAT(refusal(written, std::string(512, '\xff'), feature_compressed), HasSubstr("LZJB that is not"));
}

TEST(DatasetRecords, WhatLiesInAPointerIsLookedIntoWhereItCanBeRead) {
  const auto refusal = [](std::uint8_t compression, const std::string& payload, std::uint32_t bytes = block) {
    BeginRecord begin;
    begin.features = feature_embedded | feature_zstd;
    DatasetRecords rules(begin);
    const std::string object = object_of(number, file, bytes).put(20, attributes).put(28, bonus_bytes).bytes();
    rules.record(RecordType::object, object);
    rules.content(bonus());
    const std::string record = an_embedded()
                                   .put<std::uint64_t>(24, bytes)
                                   .put(48, bytes)
                                   .put(40, compression)
                                   .put(52, static_cast<std::uint32_t>(payload.size()))
                                   .bytes();
    try {
      if (rules.record(RecordType::write_embedded, record)) rules.content(payload + std::string(7, 'x'));
      return std::string();
    } catch (const Refused& refused) {
      return std::string(refused.what());
    }
  };
  EXPECT_EQ(decompress_lz4(zeros(), block), std::string(block, '\0'));
  EXPECT_EQ(refusal(15, zeros()), "");
  EXPECT_THAT(refusal(15, zeros(), 2 * block), HasSubstr("LZ4 that is not"));
  EXPECT_THAT(refusal(15, std::string(40, 'x')), HasSubstr("LZ4 that is not"));
  const std::string zle = std::string(21, '\xff') + std::string(1, '\x7f');  // 192 each, and 64
  EXPECT_EQ(refusal(14, zle), "");
  EXPECT_THAT(refusal(14, std::string(21, '\xff')), HasSubstr("ZLE that is not"));
  EXPECT_THAT(refusal(14, std::string(22, '\xff')), HasSubstr("ZLE that is not"));
  std::string gzip(compressBound(block), '\0');
  uLongf size = gzip.size();
  const std::string whole(block, '\0');
  compress(reinterpret_cast<Bytef*>(gzip.data()), &size, reinterpret_cast<const Bytef*>(whole.data()), whole.size());
  gzip.resize(size);
  for (const std::uint8_t level : {std::uint8_t{5}, std::uint8_t{13}}) {
    EXPECT_EQ(refusal(level, gzip), "");
    EXPECT_THAT(refusal(level, gzip, 2 * block), HasSubstr("GZIP that is not"));
    EXPECT_THAT(refusal(level, gzip.substr(0, size - 1)), HasSubstr("GZIP that is not"));
    EXPECT_THAT(refusal(level, gzip, usual_largest_block), HasSubstr("GZIP that is not"));
  }
  EXPECT_EQ(refusal(16, std::string(40, 'x')), "") << "which is not read here";
}

TEST(DatasetRecords, TheOrderIsThatOfZfs) {
  EXPECT_NE(refusal_of({an_object(), an_object()}), "");
  EXPECT_NE(refusal_of({an_object(), an_object(number - 1)}), "");
  EXPECT_NE(refusal_of({an_object().put<std::uint8_t>(34, 4), an_object(number + 3)}), "") << "within another";
  EXPECT_NE(refusal_of({freed_objects(number, 9), an_object()}), "");
  EXPECT_NE(refusal_of({an_object(), a_write(block), a_write(block)}), "");
  EXPECT_NE(refusal_of({an_object(), a_write(block), a_write()}), "");
  EXPECT_NE(refusal_of({an_object(), an_object(41), write_to(41, file, 0, block), a_write()}), "");
  EXPECT_NE(refusal_of({an_object(), an_embedded(), a_write()}, feature_embedded), "");
  EXPECT_NE(refusal_of({a_write(), an_object()}), "");
}

TEST(DatasetRecords, ABlockOfObjectsIsAsZfsKeepsThem) {
  expect_refused({}, a_range(), feature_raw,
                 {at<std::uint64_t>(8, 1), at<std::uint64_t>(8, end_of_objects), at<std::uint64_t>(8, all - 31),
                  at<std::uint64_t>(16, 33), at<std::uint64_t>(16, 0), at<std::uint8_t>(68, 1)});
  EXPECT_NE(refusal_of({a_range()}), "") << "of a stream that is not raw";
  EXPECT_NE(refusal_of({a_range(), a_range()}, feature_raw), "");
}

TEST(Metadnode, IsAsZfsMakesIt) {
  const auto refusal = [](const std::string& payload) {
    try {
      BeginRecord begin;
      begin.features = feature_raw;
      DatasetRecords(begin).beginning(payload);
      return std::string();
    } catch (const Refused& refused) {
      return std::string(refused.what());
    }
  };
  const auto with = [&](const std::string& name, std::uint64_t value) {
    NativeNvBuilder list;
    const std::vector<std::pair<std::string, std::uint64_t>> genuine = {
        {"mdn_checksum", 0},     {"mdn_compress", 0}, {"mdn_nlevels", 6}, {"mdn_blksz", 16384},
        {"mdn_indblkshift", 17}, {"mdn_nblkptr", 3},  {"mdn_maxblkid", 1}};
    for (const auto& [each, number_there] : genuine) list.number(each, each == name ? value : number_there);
    return refusal(NativeNvBuilder().list("crypt_keydata", list).packed());
  };
  EXPECT_EQ(with("", 0), "");
  EXPECT_EQ(refusal(key_payload()), "");
  for (const auto& [name, value] : std::vector<std::pair<std::string, std::uint64_t>>{{"mdn_checksum", 2},
                                                                                      {"mdn_compress", 4},
                                                                                      {"mdn_nlevels", 1},
                                                                                      {"mdn_nlevels", 7},
                                                                                      {"mdn_blksz", 512},
                                                                                      {"mdn_blksz", 131072},
                                                                                      {"mdn_indblkshift", 18},
                                                                                      {"mdn_indblkshift", 9},
                                                                                      {"mdn_nblkptr", 1},
                                                                                      {"mdn_maxblkid", all}})
    EXPECT_THAT(with(name, value), AllOf(StartsWith("invalid stream ("), HasSubstr(name)));
  EXPECT_THAT(refusal(NativeNvBuilder().list("crypt_keydata", NativeNvBuilder()).packed()), HasSubstr("lack mdn_"));
}

}  // namespace
}  // namespace czb::receiver
