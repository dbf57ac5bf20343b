// SPDX-License-Identifier: MIT
// What limits a stream of real processes: time, rate, and its buffer (StreamLimits). To the millisecond:
// stream_times_test.cpp.
#include <gmock/gmock.h>

#include "fixtures/temporary_folder.h"
#include "process/announced_transport.h"
#include "process/streams_testing.h"
#include "process/unkillable_transport.h"

namespace czb {
namespace {

using test::AnnouncedTransport;
using test::ended_with;
using test::has_children;
using test::in_a_child;
using test::ListFeed;
using test::shell;
using test::UnkillableTransport;
using test::Words;
using ::testing::HasSubstr;

const std::string child = CZB_MISBEHAVING_CHILD;

StreamLimits idle_limit(int seconds) {
  StreamLimits limits;
  limits.idle_limit = std::chrono::seconds(seconds);
  return limits;
}

StreamLimits rate_limit(std::uint64_t bytes_per_second) {
  StreamLimits limits;
  limits.rate = std::make_shared<RateLimit>(bytes_per_second);
  return limits;
}

StreamLimits buffer_of(std::uint64_t bytes) {
  StreamLimits limits;
  limits.buffer_bytes = bytes;
  return limits;
}

class StreamLimitsTest : public test::StreamsTest {
 protected:
  StreamResult stream(const Words& from, const Words& to, const StreamLimits& limits) {
    return czb::stream(request(from, to, limits), nullptr);
  }
};

TEST_F(StreamLimitsTest, ASenderThatStallsIsEndedAndSoIsItsReceiver) {
  AnnouncedTransport source;
  const Words sender = shell("echo part; " + source.announce() + "; exec sleep 1000");
  const StreamResult result = czb::stream({&source, sender, target_.get(), {"cat"}, idle_limit(1)}, nullptr);
  EXPECT_TRUE(result.stalled);
  EXPECT_FALSE(result.ok());
  EXPECT_TRUE(ended_with(result.sender.status, ExitKind::signalled, SIGTERM));
  EXPECT_EQ(result.bytes, 5U);
  EXPECT_GE(result.seconds, 1);
  EXPECT_FALSE(has_children());
}

TEST_F(StreamLimitsTest, AReceiverThatStallsIsEndedAndSoIsItsSender) {
  for (const std::uint64_t buffer : {0, 3'000'000}) {
    StreamLimits limits = idle_limit(1);
    limits.buffer_bytes = buffer;
    const StreamResult result = stream({"yes"}, {"sleep", "1000"}, limits);
    EXPECT_TRUE(result.stalled);
    EXPECT_TRUE(ended_with(result.receiver.status, ExitKind::signalled, SIGTERM));
    EXPECT_EQ(result.sender.status.kind, ExitKind::signalled);
  }
}

// The sender has ended long before: what it wrote is in the pipes, or in the buffer.
TEST_F(StreamLimitsTest, AReceiverThatStallsAfterTheSenderHasEndedIsEnded) {
  EXPECT_TRUE(stream({child, "write-lots", "1500000"}, {"sleep", "1000"}, idle_limit(1)).stalled);
}

TEST_F(StreamLimitsTest, AStallIsNotASuccessWhateverTheSidesSay) {
  AnnouncedTransport source;
  const Words sender = shell("trap 'kill $!; exit 0' TERM; sleep 1000 & " + source.announce() + "; wait");
  const StreamResult result =
      czb::stream({&source, sender, target_.get(), shell("cat; exit 0"), idle_limit(1)}, nullptr);
  EXPECT_TRUE(result.sender.ok());
  EXPECT_FALSE(result.ok());
}

TEST_F(StreamLimitsTest, AReceiverThatWorksOnIsEndedAtTheEndingLimit) {
  const TemporaryFolder folder;
  const std::string fifo = folder / "written";
  ASSERT_TRUE(run(*source_, {"mkfifo", fifo}).ok());
  StreamLimits limits;
  limits.ending_limit = std::chrono::seconds(1);
  const StreamResult result = stream(shell("echo x; cat " + fifo + " > /dev/null"),
                                     shell("head -n 1; echo > " + fifo + "; exec sleep 1000"), limits);
  EXPECT_TRUE(result.stalled);
  EXPECT_TRUE(result.sender.ok());
  EXPECT_EQ(result.receiver.err, "x\n");
  EXPECT_TRUE(ended_with(result.receiver.status, ExitKind::signalled, SIGTERM));
}

// The sibling takes all that the rate allows until the other one's sender has ended, and its lock with it.
TEST_F(StreamLimitsTest, OneThatStallsDoesNoHarmToASiblingUnderTheSameRateLimit) {
  const TemporaryFolder folder;
  const std::string lock = folder / "lock";
  const StreamLimits shared = rate_limit(2'000'000);
  StreamLimits limits = shared;
  limits.idle_limit = std::chrono::seconds(1);
  AnnouncedTransport source;
  const Words stalling = shell("exec 3> " + lock + "; flock 3; " + source.announce() + "; exec sleep 1000");
  ListFeed feed;
  feed.add({&source, stalling, target_.get(), {"cat"}, limits});
  feed.add(request(shell("yes & flock " + lock + " true; kill $!; exit 0"), {"wc", "-c"}, shared));
  run_streams(2, feed);
  EXPECT_TRUE(feed.results[0].stalled);
  EXPECT_TRUE(feed.results[1].ok());
  EXPECT_EQ(feed.results[1].receiver.err, std::to_string(feed.results[1].bytes) + "\n");
}

TEST_F(StreamLimitsTest, WhatCannotBeKilledIsLeftBehind) {
  UnkillableTransport stuck;
  const StreamResult result = czb::stream({&stuck, {"x"}, &stuck, {"y"}, idle_limit(1)}, nullptr);
  EXPECT_TRUE(result.stalled);
  EXPECT_FALSE(result.sender.ok());
  EXPECT_GE(stuck.terminated, 4);
  EXPECT_EQ(stuck.released, 2);
}

// What came through in a second, to what the limit allows. Other load on the machine only lowers it.
double ratio_to(std::uint64_t rate, const StreamResult& result) {
  return static_cast<double>(result.bytes) / result.seconds / static_cast<double>(rate);
}

TEST_F(StreamLimitsTest, TheRateIsKept) {
  for (const std::uint64_t buffer : {0, 100'000}) {
    StreamLimits limits = rate_limit(2'000'000);
    limits.buffer_bytes = buffer;
    const StreamResult result = stream({child, "write-lots", "3000000"}, {"wc", "-c"}, limits);
    EXPECT_EQ(result.receiver.err, "3000000\n");
    EXPECT_LT(ratio_to(2'000'000, result), 1.1);
  }
}

TEST_F(StreamLimitsTest, StreamsThatShareALimitHaveTheRateTogether) {
  const StreamLimits limits = rate_limit(2'000'000);
  ListFeed feed;
  for (int i = 0; i < 3; ++i) feed.add(request({child, "write-lots", "1000000"}, {"wc", "-c"}, limits));
  run_streams(3, feed);
  double longest = 0;
  for (const auto& [id, result] : feed.results) {
    EXPECT_EQ(result.receiver.err, "1000000\n");
    longest = std::max(longest, result.seconds);
  }
  EXPECT_GT(longest, 1.5 / 1.1);
}

TEST_F(StreamLimitsTest, ARateOfZeroIsNoLimit) {
  EXPECT_TRUE(stream({child, "write-lots", "3000000"}, {"cat"}, rate_limit(0)).ok());
}

TEST_F(StreamLimitsTest, AGrandchildThatGoesOnWritingIsNotWaitedForUnderARateLimit) {
  const auto write_on = [&] {
    return stream(shell("yes & exit 0"), shell("cat > /dev/null"), rate_limit(4'000'000)).ok() ? "ok" : "not ok";
  };
  EXPECT_EQ(in_a_child(write_on), "ok");
}

TEST_F(StreamLimitsTest, ABufferKeepsEveryByte) {
  const TemporaryFolder folder;
  const std::string file = folder / "data";
  ASSERT_TRUE(run(*source_, shell("head -c 20000000 /dev/urandom > " + file)).ok());
  const std::string checksum = run(*source_, shell("sha256sum < " + file)).out;
  for (const std::uint64_t size : {4097, 1'000'003, 50'000'000}) {
    const StreamResult result = stream({"cat", file}, {"sha256sum"}, buffer_of(size));
    EXPECT_TRUE(result.ok());
    EXPECT_EQ(result.bytes, 20'000'000U);
    EXPECT_EQ(result.receiver.err, checksum);
  }
}

// The receiver reads nothing before the sender has written all: more than the two pipes take.
TEST_F(StreamLimitsTest, ABufferTakesWhatTheReceiverDoesNotTakeYet) {
  const TemporaryFolder folder;
  const std::string fifo = folder / "written";
  ASSERT_TRUE(run(*source_, {"mkfifo", fifo}).ok());
  const StreamResult result = stream(shell(child + " write-lots 8000000; echo > " + fifo),
                                     shell("cat " + fifo + " > /dev/null; wc -c"), buffer_of(16'000'000));
  EXPECT_TRUE(result.ok());
  EXPECT_EQ(result.receiver.err, "8000000\n");
}

TEST_F(StreamLimitsTest, AReceiverThatFailsEndsASenderThatFillsTheBuffer) {
  const StreamResult result =
      stream({"yes"}, shell("head -c 100000 > /dev/null; echo full >&2; exit 1"), buffer_of(4'000'000));
  EXPECT_TRUE(ended_with(result.receiver.status, ExitKind::exited, 1));
  EXPECT_THAT(result.receiver.err.raw(), HasSubstr("full"));
  EXPECT_EQ(result.sender.status.kind, ExitKind::signalled);
}

}  // namespace
}  // namespace czb
