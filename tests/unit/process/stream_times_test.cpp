// SPDX-License-Identifier: MIT
// When a stream stalls, how fast it may be, and how long one side may outlast the other: to the millisecond, at times
// of the test's own. With real processes: stream_limits_test.cpp.
#include <gtest/gtest.h>
#include <signal.h>

#include "process/puppet_stream.h"

namespace czb {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;
using test::PuppetStream;

StreamLimits limits_of(seconds idle_limit, std::uint64_t bytes_per_second = 0, std::uint64_t buffer_bytes = 0) {
  StreamLimits limits;
  limits.idle_limit = idle_limit;
  limits.rate = std::make_shared<RateLimit>(bytes_per_second);
  limits.buffer_bytes = buffer_bytes;
  return limits;
}

class StreamTimesTest : public ::testing::Test {
 protected:
  // The program ignores SIGPIPE too (process/interrupt.h).
  StreamTimesTest() : before_(::signal(SIGPIPE, SIG_IGN)) {}
  ~StreamTimesTest() override { ::signal(SIGPIPE, before_); }

  void (*before_)(int);
  SteadyClock::time_point now_ = SteadyClock::now();  // before any limit and stream is made
};

TEST_F(StreamTimesTest, AStreamWhoseBytesTrickleIsNotStalledAndOneThatStandsStillIs) {
  PuppetStream stream(limits_of(seconds(2)));
  for (int i = 0; i < 4; ++i) {
    stream.sender.write("x");
    stream.turn(now_ += milliseconds(1999));
  }
  stream.turn(now_ += milliseconds(1999));
  EXPECT_FALSE(stream.result().stalled);
  EXPECT_EQ(stream.result().bytes, 4U);
  stream.turn(now_ += milliseconds(1));
  EXPECT_TRUE(stream.result().stalled);
  EXPECT_EQ(stream.sender.terminated, 1);
  EXPECT_EQ(stream.receiver.terminated, 1);
}

TEST_F(StreamTimesTest, TheIdleLimitDoesNotCountForAReceiverThatWorksOnAfterTheEnd) {
  PuppetStream stream(limits_of(seconds(1)));
  stream.sender.write("x");
  stream.sender.exit(0);
  stream.turn(now_);
  EXPECT_TRUE(stream.receiver.read_to_end());
  stream.turn(now_ += hours(1));
  EXPECT_FALSE(stream.over());
  stream.receiver.exit(0);
  stream.turn(now_);
  EXPECT_TRUE(stream.over());
  EXPECT_TRUE(stream.result().ok());
}

// One byte a second: it moves as often as the idle limit would have it, and not a moment before.
TEST_F(StreamTimesTest, WhatTheRateLimitHoldsBackIsNotStalled) {
  for (const std::uint64_t buffer : {0, 100}) {
    PuppetStream stream(limits_of(seconds(1), 1, buffer));
    stream.sender.write("123");
    stream.sender.exit(0);
    bool all = false;
    for (int i = 0; i < 1'000'000 && !all; ++i) {
      stream.turn(now_ += milliseconds(1));
      all = stream.receiver.read_to_end();
    }
    EXPECT_TRUE(all);
    stream.receiver.exit(0);
    stream.turn(now_);
    EXPECT_TRUE(stream.over());
    EXPECT_TRUE(stream.result().ok());
    EXPECT_EQ(stream.result().bytes, 3U);
    now_ = SteadyClock::now();
  }
}

TEST_F(StreamTimesTest, WhatTheRateAllowsIsMovedAndNoMore) {
  for (const std::uint64_t buffer : {0, 100'000}) {
    PuppetStream stream(limits_of(seconds(0), 2'000'000, buffer));
    stream.turn(now_ += hours(1));  // which earns a quarter of a second
    for (int i = 0; i < 1500; ++i) {
      stream.sender.fill_pipe();
      stream.turn(now_ += milliseconds(1));
      stream.receiver.read_to_end();
    }
    EXPECT_LE(stream.result().bytes, 3'500'000U);
    EXPECT_GT(stream.result().bytes, 3'300'000U);
    now_ = SteadyClock::now();
  }
}

TEST_F(StreamTimesTest, StreamsThatShareALimitHaveTheRateEvenly) {
  const StreamLimits limits = limits_of(seconds(0), 2'000'000);
  PuppetStream one(limits);
  PuppetStream two(limits);
  PuppetStream three(limits);
  const auto all = {&one, &two, &three};
  now_ += hours(1);
  for (PuppetStream* stream : all) stream->turn(now_);
  for (int i = 0; i < 1500; ++i) {
    now_ += milliseconds(1);
    for (const PuppetStream* stream : all) stream->sender.fill_pipe();
    for (PuppetStream* stream : all) stream->turn(now_);
    for (const PuppetStream* stream : all) stream->receiver.read_to_end();
  }
  for (const PuppetStream* stream : all) {
    EXPECT_LE(stream->result().bytes, 1'170'000U);
    EXPECT_GT(stream->result().bytes, 1'100'000U);
  }
}

// A receiver that ended well may have seen the stream's end before its sender did.
TEST_F(StreamTimesTest, AReceiverThatFailsEndsItsSenderAtOnceAndOneThatEndsWellAfterSeconds) {
  PuppetStream failed;
  failed.receiver.exit(1);
  failed.turn(now_);
  EXPECT_EQ(failed.sender.terminated, 1);
  PuppetStream satisfied;
  satisfied.receiver.exit(0);
  satisfied.turn(now_);
  satisfied.turn(now_ + milliseconds(4999));
  EXPECT_EQ(satisfied.sender.terminated, 0);
  satisfied.turn(now_ + seconds(5));
  EXPECT_EQ(satisfied.sender.terminated, 1);
}

}  // namespace
}  // namespace czb
