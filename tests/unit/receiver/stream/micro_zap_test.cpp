// SPDX-License-Identifier: MIT
#include "receiver/stream/micro_zap.h"

#include <gtest/gtest.h>

#include "fixtures/stream_builder.h"

namespace czb::receiver {
namespace {

using test::micro_zap;

TEST(MicroZap, EntriesAreReadInEitherByteOrder) {
  for (const bool swapped : {false, true}) {
    const auto entries = parse_micro_zap(micro_zap({{"size", 8U << 20U}, {"dumpsize", 5}}, swapped), swapped);
    ASSERT_TRUE(entries);
    ASSERT_EQ(entries->size(), 2U);
    EXPECT_EQ(entries->at(0).name, "size");
    EXPECT_EQ(entries->at(0).value, 8U << 20U);
    EXPECT_EQ(entries->at(1).name, "dumpsize");
    EXPECT_FALSE(parse_micro_zap(micro_zap({{"size", 1}}, !swapped), swapped));
  }
  EXPECT_TRUE(parse_micro_zap(micro_zap({}), false)->empty());
}

// The kernel stops for good where two have one hash and are not told apart otherwise.
TEST(MicroZap, NamesWithOneHashAreNone) {
  EXPECT_TRUE(parse_micro_zap(micro_zap({{"VERSION", 5}, {"ROOT", 34}, {"SHARES", 33}}), false));
  for (const bool swapped : {false, true})
    EXPECT_FALSE(parse_micro_zap(micro_zap({{"VERSION", 5}, {"ROOT", 34}, {"VERSION", 3}}, swapped), swapped));
  // Found by trying, with the salt of these blocks: the first 28 bits of their hashes are alike.
  EXPECT_FALSE(parse_micro_zap(micro_zap({{"n968886", 1}, {"n2604200", 2}}), false));
  EXPECT_TRUE(parse_micro_zap(micro_zap({{"n968886", 1}, {"n2604201", 2}}), false));
}

TEST(MicroZap, WhatTheKernelWouldMisreadIsNone) {
  const std::string good = micro_zap({{"size", 512}});
  const auto with = [&](std::size_t offset, const std::string& bytes) {
    std::string block = good;
    block.replace(offset, bytes.size(), bytes);
    return parse_micro_zap(block, false).has_value();
  };
  ASSERT_TRUE(with(0, ""));
  EXPECT_FALSE(with(0, std::string(1, '\1'))) << "of the large kind";
  EXPECT_FALSE(with(0, std::string(8, '\0'))) << "nothing";
  EXPECT_FALSE(with(16, std::string(1, '\1'))) << "names that are looked up otherwise";
  EXPECT_FALSE(with(64 + 8, std::string(1, '\1'))) << "one of several whose hashes are alike";
  EXPECT_FALSE(with(64 + 14, std::string(50, 's'))) << "a name without an end";
  EXPECT_TRUE(with(64 + 14, std::string(49, 's')));
  for (const std::size_t size : {std::size_t{0}, std::size_t{64}, std::size_t{500}})
    EXPECT_FALSE(parse_micro_zap(good.substr(0, size), false)) << size;
}

}  // namespace
}  // namespace czb::receiver
