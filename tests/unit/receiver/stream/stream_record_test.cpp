// SPDX-License-Identifier: MIT
// The records within a dataset's stream are read in either byte order.
#include "receiver/stream/stream_record.h"

#include <gtest/gtest.h>

#include "fixtures/stream_builder.h"

namespace czb::receiver {
namespace {

using test::RecordBuilder;

class StreamRecord : public ::testing::TestWithParam<bool> {};

TEST_P(StreamRecord, AnObjectIsRead) {
  const std::string record = RecordBuilder(1, GetParam())
                                 .put<std::uint64_t>(8, 1)
                                 .put<std::uint32_t>(16, 23)
                                 .put<std::uint32_t>(20, 44)
                                 .put<std::uint32_t>(24, 8192)
                                 .put<std::uint32_t>(28, 40)
                                 .put<std::uint8_t>(34, 2)
                                 .put<std::uint8_t>(35, 4)
                                 .put<std::uint32_t>(36, 320)
                                 .put<std::uint64_t>(40, 7)  // the snapshot's guid
                                 .put<std::uint8_t>(48, 17)
                                 .put<std::uint8_t>(49, 3)
                                 .put<std::uint64_t>(56, 159)
                                 .bytes();
  const ObjectRecord object = parse_object(record, GetParam());
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
  EXPECT_EQ(object.last_block, 159U);
  EXPECT_EQ(payload_bytes(record, GetParam()), 320U);
}

TEST_P(StreamRecord, WhatIsFreedIsRead) {
  const FreeObjectsRecord objects = parse_free_objects(
      RecordBuilder(2, GetParam()).put<std::uint64_t>(8, 3).put<std::uint64_t>(16, 29).bytes(), GetParam());
  EXPECT_EQ(objects.first, 3U);
  EXPECT_EQ(objects.count, 29U);
  const FreeRecord free = parse_free(RecordBuilder(4, GetParam())
                                         .put<std::uint64_t>(8, 2)
                                         .put<std::uint64_t>(16, 512)
                                         .put<std::uint64_t>(24, ~std::uint64_t{0})
                                         .bytes(),
                                     GetParam());
  EXPECT_EQ(free.object, 2U);
  EXPECT_EQ(free.offset, 512U);
  EXPECT_EQ(free.bytes, ~std::uint64_t{0});
}

TEST_P(StreamRecord, ABlockIsRead) {
  const std::string record = RecordBuilder(3, GetParam())
                                 .put<std::uint64_t>(8, 2)
                                 .put<std::uint32_t>(16, 24)
                                 .put<std::uint64_t>(24, 1024)
                                 .put<std::uint64_t>(32, 4096)
                                 .put<std::uint8_t>(48, 7)
                                 .put<std::uint8_t>(49, write_is_swapped)
                                 .put<std::uint8_t>(50, 15)
                                 .put<std::uint64_t>(96, 512)
                                 .bytes();
  const WriteRecord write = parse_write(record, GetParam());
  EXPECT_EQ(write.object, 2U);
  EXPECT_EQ(write.type, 24U);
  EXPECT_EQ(write.offset, 1024U);
  EXPECT_EQ(write.bytes, 4096U);
  EXPECT_EQ(write.flags, write_is_swapped);
  EXPECT_EQ(write.compression, 15);
  EXPECT_EQ(payload_bytes(record, GetParam()), 512U);
}

TEST_P(StreamRecord, ABlockInItsPointerIsRead) {
  const std::string record = RecordBuilder(8, GetParam())
                                 .put<std::uint64_t>(8, 2)
                                 .put<std::uint64_t>(16, 1024)
                                 .put<std::uint64_t>(24, 512)
                                 .put<std::uint8_t>(40, 15)
                                 .put<std::uint8_t>(41, 1)
                                 .put<std::uint32_t>(48, 513)
                                 .put<std::uint32_t>(52, 42)
                                 .bytes();
  const EmbeddedRecord embedded = parse_embedded(record, GetParam());
  EXPECT_EQ(embedded.object, 2U);
  EXPECT_EQ(embedded.offset, 1024U);
  EXPECT_EQ(embedded.bytes, 512U);
  EXPECT_EQ(embedded.compression, 15);
  EXPECT_EQ(embedded.kind, 1);
  EXPECT_EQ(embedded.decompressed_size, 513U);
  EXPECT_EQ(embedded.payload_size, 42U);
  EXPECT_EQ(payload_bytes(record, GetParam()), 48U);
}

INSTANTIATE_TEST_SUITE_P(ByteOrders, StreamRecord, ::testing::Bool(),
                         [](const auto& test) { return test.param ? "Swapped" : "Ours"; });

}  // namespace
}  // namespace czb::receiver
