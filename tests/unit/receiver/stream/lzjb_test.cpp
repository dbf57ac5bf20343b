// SPDX-License-Identifier: MIT
#include "receiver/stream/lzjb.h"

#include <gtest/gtest.h>

namespace czb::receiver {
namespace {

// A map whose lowest bit is of the first that follows.
std::string with_map(unsigned map, const std::string& bytes) { return static_cast<char>(map) + bytes; }

TEST(Lzjb, BytesAndMatchesAreRead) {
  EXPECT_EQ(decompress_lzjb(with_map(0, "abc"), 3), "abc");
  // Three bytes from two back; then seven from five back.
  EXPECT_EQ(decompress_lzjb(with_map(4, std::string("ab\x00\x02", 4)), 5), "ababa");
  EXPECT_EQ(decompress_lzjb(with_map(12, std::string("ab\x00\x02\x10\x05", 6)), 12), "ababaababaab");
  // After eight places there is another map.
  EXPECT_EQ(decompress_lzjb(with_map(0, "abcdefgh" + with_map(1, std::string("\x00\x08", 2))), 11), "abcdefghabc");
  // A match that goes on behind the end of the block.
  EXPECT_EQ(decompress_lzjb(with_map(2, std::string("a\xfc\x01", 3)), 20), std::string(20, 'a'));
  EXPECT_EQ(decompress_lzjb("", 0), "");
}

TEST(Lzjb, WhatEndsBeforeTheBlockDoesOrPointsBeforeItIsMalformed) {
  EXPECT_EQ(decompress_lzjb("", 1), std::nullopt);
  EXPECT_EQ(decompress_lzjb(with_map(0, "abc"), 4), std::nullopt);
  EXPECT_EQ(decompress_lzjb(with_map(2, "a\x01"), 4), std::nullopt);
  EXPECT_EQ(decompress_lzjb(with_map(2, std::string("a\x00\x02", 3)), 4), std::nullopt);
  EXPECT_EQ(decompress_lzjb(with_map(2, std::string("a\x00\x00", 3)), 4), std::nullopt);
}

}  // namespace
}  // namespace czb::receiver
