// SPDX-License-Identifier: MIT
#include "zfs/size.h"

#include <gtest/gtest.h>

namespace czb {
namespace {

TEST(Size, IsANumberOrOneWithAUnit) {
  EXPECT_EQ(size_in("512"), 512U);
  EXPECT_EQ(size_in("3K"), 3U * 1024);
  EXPECT_EQ(size_in("2T"), std::uint64_t{2} << 40U);
  EXPECT_EQ(size_in("8191P"), std::uint64_t{8191} << 50U);
}

TEST(Size, NothingElseIsOne) {
  for (const char* word :
       {"", "0", "0G", "G", "1.5T", "-1", "2t", "2 T", "2TB", "none", "8192P", "99999999999999999999"})
    EXPECT_EQ(size_in(word), std::nullopt) << word;
}

TEST(Size, IsToldRoundedDown) {
  EXPECT_EQ(size_text(0), "0 bytes");
  EXPECT_EQ(size_text(1023), "1023 bytes");
  EXPECT_EQ(size_text(1024), "1K");
  EXPECT_EQ(size_text((std::uint64_t{10} << 20U) + (std::uint64_t{1} << 18U)), "10.2M");
  EXPECT_EQ(size_text(std::uint64_t{2} << 40U), "2T");
  EXPECT_EQ(size_text(std::uint64_t{1} << 63U), "8192P");
}

TEST(Size, OfACommandIsExact) {
  for (const std::uint64_t bytes : {std::uint64_t{1}, std::uint64_t{1023}, (std::uint64_t{10} << 20U) + 1,
                                    std::uint64_t{3} << 39U, std::uint64_t{2} << 40U})
    EXPECT_EQ(size_in(exact_size(bytes)), bytes) << bytes;
  EXPECT_EQ(exact_size(std::uint64_t{2} << 40U), "2T");
  EXPECT_EQ(exact_size(std::uint64_t{3} << 39U), "1649267441664");
}

}  // namespace
}  // namespace czb
