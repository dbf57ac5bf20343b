// SPDX-License-Identifier: MIT
// What a stream may do to a file system's first object.
#include "receiver/stream/master_node.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fixtures/stream_builder.h"
#include "receiver/answer.h"

namespace czb::receiver {
namespace {

using namespace czb::test;  // NOLINT(google-build-using-namespace)
using ::testing::HasSubstr;

constexpr std::uint32_t type = 21;
constexpr std::uint8_t lzjb = 3;

// A record of object 1, and the payload that follows it.
struct Part {
  RecordBuilder record;
  std::string payload = {};
};

Part object(std::uint32_t block = 512, std::uint32_t of_type = type) { return {object_of(1, of_type, block)}; }
Part write(const std::string& block, std::uint64_t offset = 0) {
  return {write_to(1, type, offset, block.size()), block};
}
Part compressed(std::uint8_t how, const std::string& payload, std::uint64_t size = 512) {
  Part part = write(std::string(size, '\0'));
  part.record.put<std::uint8_t>(50, how).put<std::uint64_t>(96, payload.size());
  part.payload = payload;
  return part;
}
Part free(std::uint64_t offset) {
  return {RecordBuilder(4).put<std::uint64_t>(8, 1).put<std::uint64_t>(16, offset).put<std::uint64_t>(24, 4096)};
}
Part free_objects(std::uint64_t first, std::uint64_t count) {
  return {RecordBuilder(2).put<std::uint64_t>(8, first).put<std::uint64_t>(16, count)};
}

// What is said of these; empty: nothing.
std::string refusal_of(const std::vector<Part>& parts, std::uint64_t features = 0) {
  BeginRecord begin;
  begin.features = features;
  MasterNode node(begin);
  try {
    for (const Part& part : parts) {
      const std::string record = part.record.bytes();
      const RecordType kind = record_type(record);
      if (node.record(kind, record)) node.content(part.payload);
    }
    return "";
  } catch (const Refused& refused) {
    return refused.what();
  }
}

const std::string names = micro_zap({{"VERSION", 5}, {"ROOT", 34}, {"SHARES", 33}});

TEST(MasterNode, WhatZfsWritesThereIsTaken) {
  EXPECT_EQ(refusal_of({object(), write(names), free(512), free_objects(40, 10)}), "");
  EXPECT_EQ(refusal_of({object(1024), write(names + std::string(512, '\0')), free(1024)}), "");
  EXPECT_EQ(refusal_of({object()}), "") << "in an increment, with another object that has changed";
  EXPECT_EQ(refusal_of({}), "");
}

TEST(MasterNode, TwoNamesThatAreAlikeAreRefusedHoweverTheyCome) {
  const std::string twice = micro_zap({{"VERSION", 5}, {"ROOT", 34}, {"ROOT", 33}});
  EXPECT_THAT(refusal_of({object(), write(twice)}), HasSubstr("holds what zfs does not write there"));
  // With LZJB, all bytes as they are.
  const auto packed = [](const std::string& block) {
    std::string bytes;
    for (std::size_t at = 0; at < block.size(); at += 8) bytes += std::string(1, '\0') + block.substr(at, 8);
    return bytes;
  };
  EXPECT_THAT(refusal_of({object(), compressed(lzjb, packed(twice))}), HasSubstr("written otherwise"));
  // What the block ends with, in a few bytes.
  std::string zeros;
  for (int i = 0; i < 4; ++i) {
    zeros += "\xff";
    for (int match = 0; match < 8; ++match) zeros += "\xfc\x01";
  }
  const std::string small = packed(twice.substr(0, 256)) + zeros;
  EXPECT_THAT(refusal_of({object(), compressed(lzjb, small)}), HasSubstr("holds what zfs does not write there"));
  EXPECT_EQ(refusal_of({object(), compressed(lzjb, packed(names.substr(0, 256)) + zeros)}), "");
}

TEST(MasterNode, APartOfItIsNeitherWrittenNorFreed) {
  for (const std::vector<Part>& parts : {std::vector<Part>{object(1024), write(names)},
                                         {object(), write(names, 512)},
                                         {write(names)},
                                         {object(), compressed(5, names)}})
    EXPECT_THAT(refusal_of(parts), HasSubstr("written otherwise than zfs does"));
  for (const std::vector<Part>& parts : {std::vector<Part>{object(), free(0)},
                                         {object(), free(511)},
                                         {free(512)},
                                         {free_objects(0, 2)},
                                         {free_objects(1, ~std::uint64_t{0})}})
    EXPECT_THAT(refusal_of(parts), HasSubstr("takes away what makes it one"));
}

TEST(MasterNode, AnotherObjectInItsPlaceIsRefused) {
  EXPECT_THAT(refusal_of({object(512, 19)}), HasSubstr("it says that it is of a file system, and it is not"));
  for (const std::uint32_t size : {0U, 500U, 262144U})
    EXPECT_THAT(refusal_of({object(size)}), HasSubstr("of another shape"));
}

TEST(MasterNode, OtherObjectsAreNotLookedAt) {
  Part other = write(std::string(4096, 'x'));
  other.record.put<std::uint64_t>(8, 2).put<std::uint32_t>(16, 19);
  EXPECT_EQ(refusal_of({other, free_objects(2, 5)}), "");
}

}  // namespace
}  // namespace czb::receiver
