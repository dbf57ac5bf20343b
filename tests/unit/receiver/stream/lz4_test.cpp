// SPDX-License-Identifier: MIT
#include "receiver/stream/lz4.h"

#include <gtest/gtest.h>

#include "fixtures/stream_builder.h"

namespace czb::receiver {
namespace {

// The block, with the size before it that ZFS writes.
std::string sized(const std::string& block) { return std::string(3, '\0') + static_cast<char>(block.size()) + block; }

TEST(Lz4, WhatZfsHasCompressedComesBack) {
  const std::optional<std::string> block = decompress_lz4(test::genuine_embedded_size(), 512);
  ASSERT_TRUE(block);
  EXPECT_EQ(*block, test::volume_size());
}

TEST(Lz4, LiteralsAndMatchesOfAnyLengthAreRead) {
  EXPECT_EQ(decompress_lz4(sized("\x30"
                                 "abc"),
                           3),
            "abc");
  EXPECT_EQ(decompress_lz4(sized(std::string("\x20"
                                             "ab") +
                                 std::string(1, '\0')),
                           2),
            std::nullopt);  // half a match
  const std::string long_literals = "\xf0" + std::string(1, '\x05') + std::string(20, 'x');
  EXPECT_EQ(decompress_lz4(sized(long_literals), 20), std::string(20, 'x'));
  // "ab", then 4 + 15 + 1 bytes from 2 before, then "z".
  const std::string overlapping = std::string(
                                      "\x2f"
                                      "ab\x02") +
                                  '\0' +
                                  "\x01"
                                  "\x50"
                                  "zyxwv";
  EXPECT_EQ(decompress_lz4(sized(overlapping), 27), std::string("abababababababababababzyxwv"));
}

// The kernels do not read what ends otherwise: each by rules of its own.
TEST(Lz4, ItEndsAsTheFormatSays) {
  // A byte, copies of it, and so many as they are.
  const auto block = [](std::size_t copies, std::size_t last) {
    std::string bytes = {static_cast<char>(0x10 | (copies - 4)), 'a', '\1', '\0'};
    return sized(bytes + static_cast<char>(last << 4U) + std::string(last, 'z'));
  };
  EXPECT_EQ(decompress_lz4(block(7, 5), 13), "aaaaaaaazzzzz");
  EXPECT_EQ(decompress_lz4(block(8, 4), 13), std::nullopt) << "fewer than five at its end";
  EXPECT_EQ(decompress_lz4(block(12, 0), 13), std::nullopt) << "none";
  EXPECT_EQ(decompress_lz4(block(6, 5), 12), std::nullopt) << "a match within the last twelve";
  EXPECT_EQ(decompress_lz4(block(6, 6), 13), "aaaaaaazzzzzz");
  std::string ends_with_a_match = block(9, 5);
  ends_with_a_match.resize(8);
  ends_with_a_match[3] = 4;
  EXPECT_EQ(decompress_lz4(ends_with_a_match, 10), std::nullopt);
  std::string longer = block(7, 5) + "x";
  ++longer[3];
  EXPECT_EQ(decompress_lz4(longer, 13), std::nullopt) << "something is left";
}

TEST(Lz4, WhatIsMalformedIsNothing) {
  const std::string good = test::genuine_embedded_size();
  for (std::size_t size = 0; size < good.size(); ++size)
    EXPECT_EQ(decompress_lz4(std::string_view(good).substr(0, size), 512), std::nullopt) << size;
  EXPECT_EQ(decompress_lz4(good, 511), std::nullopt);
  EXPECT_EQ(decompress_lz4(good, 513), std::nullopt);
  EXPECT_NE(decompress_lz4(good + "xx", 512), std::nullopt) << "what fills it up";
  for (const char distance : {'\0', '\3'})  // of nothing, and from before the beginning
    EXPECT_EQ(decompress_lz4(sized(std::string("\x20"
                                               "ab") +
                                   distance + '\0' +
                                   "\x10"
                                   "z"),
                             7),
              std::nullopt);
  EXPECT_EQ(decompress_lz4(sized("\xff" + std::string(60, '\xff')), 512), std::nullopt);
}

}  // namespace
}  // namespace czb::receiver
