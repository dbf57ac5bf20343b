// SPDX-License-Identifier: MIT
// The records within a dataset's stream.
#include "receiver/stream/stream_record.h"

#include <gtest/gtest.h>

#include "fixtures/stream_builder.h"

namespace czb::receiver {
namespace {

using test::RecordBuilder;

TEST(StreamRecord, AnObjectIsRead) {
  const std::string record = RecordBuilder(1)
                                 .put<std::uint64_t>(8, 1)
                                 .put<std::uint32_t>(16, 23)
                                 .put<std::uint32_t>(20, 44)
                                 .put<std::uint32_t>(24, 8192)
                                 .put<std::uint32_t>(28, 40)
                                 .put<std::uint8_t>(32, 7)
                                 .put<std::uint8_t>(33, 15)
                                 .put<std::uint8_t>(34, 2)
                                 .put<std::uint8_t>(35, 4)
                                 .put<std::uint32_t>(36, 320)
                                 .put<std::uint64_t>(40, 7)  // the snapshot's guid
                                 .put<std::uint8_t>(48, 17)
                                 .put<std::uint8_t>(49, 3)
                                 .put<std::uint8_t>(50, 1)
                                 .put<std::uint64_t>(56, 159)
                                 .bytes();
  const ObjectRecord object = parse_object(record);
  EXPECT_EQ(object.number, 1U);
  EXPECT_EQ(object.type, 23U);
  EXPECT_EQ(object.bonus_type, 44U);
  EXPECT_EQ(object.block_size, 8192U);
  EXPECT_EQ(object.bonus_bytes, 40U);
  EXPECT_EQ(object.slots, 2);
  EXPECT_EQ(object.flags, 4);
  EXPECT_EQ(object.raw_bonus_bytes, 320U);
  EXPECT_EQ(object.indirect_shift, 17);
  EXPECT_EQ(object.levels, 3);
  EXPECT_EQ(object.block_pointers, 1);
  EXPECT_EQ(object.checksum, 7);
  EXPECT_EQ(object.compression, 15);
  EXPECT_EQ(object.last_block, 159U);
  EXPECT_EQ(payload_bytes(record), 320U);
}

TEST(StreamRecord, WhatIsFreedIsRead) {
  const FreeObjectsRecord objects =
      parse_free_objects(RecordBuilder(2).put<std::uint64_t>(8, 3).put<std::uint64_t>(16, 29).bytes());
  EXPECT_EQ(objects.first, 3U);
  EXPECT_EQ(objects.count, 29U);
  const FreeRecord free = parse_free(RecordBuilder(4)
                                         .put<std::uint64_t>(8, 2)
                                         .put<std::uint64_t>(16, 512)
                                         .put<std::uint64_t>(24, ~std::uint64_t{0})
                                         .bytes());
  EXPECT_EQ(free.object, 2U);
  EXPECT_EQ(free.offset, 512U);
  EXPECT_EQ(free.bytes, ~std::uint64_t{0});
}

TEST(StreamRecord, ABlockIsRead) {
  const std::string record = RecordBuilder(3)
                                 .put<std::uint64_t>(8, 2)
                                 .put<std::uint32_t>(16, 24)
                                 .put<std::uint64_t>(24, 1024)
                                 .put<std::uint64_t>(32, 4096)
                                 .put<std::uint8_t>(48, 7)
                                 .put<std::uint8_t>(49, write_is_swapped)
                                 .put<std::uint8_t>(50, 15)
                                 .put<std::uint64_t>(96, 512)
                                 .bytes();
  const WriteRecord write = parse_write(record);
  EXPECT_EQ(write.object, 2U);
  EXPECT_EQ(write.type, 24U);
  EXPECT_EQ(write.offset, 1024U);
  EXPECT_EQ(write.bytes, 4096U);
  EXPECT_EQ(write.flags, write_is_swapped);
  EXPECT_EQ(write.compression, 15);
  EXPECT_EQ(write.compressed, 512U);
  EXPECT_EQ(payload_bytes(record), 512U);
}

TEST(StreamRecord, ABlockInItsPointerIsRead) {
  const std::string record = RecordBuilder(8)
                                 .put<std::uint64_t>(8, 2)
                                 .put<std::uint64_t>(16, 1024)
                                 .put<std::uint64_t>(24, 512)
                                 .put<std::uint8_t>(40, 15)
                                 .put<std::uint8_t>(41, 1)
                                 .put<std::uint32_t>(48, 513)
                                 .put<std::uint32_t>(52, 42)
                                 .bytes();
  const EmbeddedRecord embedded = parse_embedded(record);
  EXPECT_EQ(embedded.object, 2U);
  EXPECT_EQ(embedded.offset, 1024U);
  EXPECT_EQ(embedded.bytes, 512U);
  EXPECT_EQ(embedded.compression, 15);
  EXPECT_EQ(embedded.kind, 1);
  EXPECT_EQ(embedded.decompressed_size, 513U);
  EXPECT_EQ(embedded.payload_size, 42U);
  EXPECT_EQ(payload_bytes(record), 48U);
}

TEST(StreamRecord, AttributesElsewhereAreRead) {
  const std::string record = RecordBuilder(7)
                                 .put<std::uint64_t>(8, 2)
                                 .put<std::uint64_t>(16, 1024)
                                 .put<std::uint8_t>(32, spill_is_unmodified)
                                 .put<std::uint8_t>(33, 15)
                                 .put<std::uint64_t>(40, 512)
                                 .put<std::uint32_t>(84, 44)
                                 .bytes();
  const SpillRecord spill = parse_spill(record);
  EXPECT_EQ(spill.object, 2U);
  EXPECT_EQ(spill.bytes, 1024U);
  EXPECT_EQ(spill.flags, spill_is_unmodified);
  EXPECT_EQ(spill.compression, 15);
  EXPECT_EQ(spill.compressed, 512U);
  EXPECT_EQ(spill.type, 44U);
  EXPECT_EQ(payload_bytes(record), 512U);
}

TEST(StreamRecord, ABlockOfObjectsIsRead) {
  const ObjectRangeRecord range = parse_object_range(
      RecordBuilder(9).put<std::uint64_t>(8, 64).put<std::uint64_t>(16, 32).put<std::uint8_t>(68, 2).bytes());
  EXPECT_EQ(range.first, 64U);
  EXPECT_EQ(range.count, 32U);
  EXPECT_EQ(range.flags, object_is_swapped);
}

}  // namespace
}  // namespace czb::receiver
