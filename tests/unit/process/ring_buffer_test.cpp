// SPDX-License-Identifier: MIT
// Bytes through a ring (process/ring_buffer.h), by way of pipes.
#include "process/ring_buffer.h"

#include <gtest/gtest.h>

#include <string>

#include "process/descriptor.h"

namespace czb {
namespace {

class RingBufferTest : public ::testing::Test {
 protected:
  ssize_t put(const std::string& text, std::size_t most = 1000) {
    EXPECT_EQ(write(in_.write.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
    return ring_.read_from(in_.read.get(), most);
  }

  std::string take(std::size_t most = 1000) {
    std::string text(100, ' ');
    EXPECT_GT(ring_.write_to(out_.write.get(), most), 0);
    text.resize(static_cast<std::size_t>(read(out_.read.get(), text.data(), text.size())));
    return text;
  }

  Pipe in_ = make_pipe();
  Pipe out_ = make_pipe();
  RingBuffer ring_{8};
};

TEST_F(RingBufferTest, FirstInFirstOutAcrossItsEnd) {
  EXPECT_EQ(put("abcdef"), 6);
  EXPECT_EQ(take(4), "abcd");
  EXPECT_EQ(put("ghijkl"), 6);
  EXPECT_TRUE(ring_.full());
  EXPECT_EQ(take(), "efghijkl");
  EXPECT_TRUE(ring_.empty());
}

TEST_F(RingBufferTest, TakesWhatThereIsRoomForAndNoMoreThanItIsAsked) {
  EXPECT_EQ(put("abcdefghijkl", 3), 3);
  EXPECT_EQ(put("", 1000), 5);
  EXPECT_TRUE(ring_.full());
  EXPECT_EQ(take(3), "abc");
  EXPECT_EQ(put("", 1000), 3);
  EXPECT_EQ(take(), "defghijk");
}

TEST_F(RingBufferTest, EveryByteOfALongWayRoundKeepsItsPlace) {
  std::string expected;
  std::string got;
  for (int i = 0; i < 1000; ++i) {
    const std::string part = std::to_string(i % 977);
    expected += part;
    put(part);
    if (i % 2 == 1) got += take();
  }
  EXPECT_EQ(got, expected);
}

TEST_F(RingBufferTest, TheEndOfTheFileIsTheEndOfTheFile) {
  in_.write.reset();
  EXPECT_EQ(ring_.read_from(in_.read.get(), 10), 0);
  EXPECT_TRUE(ring_.empty());
}

}  // namespace
}  // namespace czb
