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
                                  "\x10"
                                  "z";
  EXPECT_EQ(decompress_lz4(sized(overlapping), 23), "abababababababababababz");
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
