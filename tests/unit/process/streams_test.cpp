// SPDX-License-Identifier: MIT
// Several streams of real processes at once (process/streams.h).
#include "process/streams.h"

#include <gmock/gmock.h>

#include <stdexcept>

#include "error.h"
#include "fixtures/temporary_folder.h"
#include "process/interrupt.h"
#include "process/streams_testing.h"

namespace czb {
namespace {

using test::ended_with;
using test::has_children;
using test::in_a_child;
using test::ListFeed;
using test::shell;
using test::StreamsTest;
using test::Words;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

// Each sender waits for the other one.
TEST_F(StreamsTest, TwoRunAtOnce) {
  const TemporaryFolder folder;
  ASSERT_TRUE(run(*source_, {"mkfifo", folder / "a", folder / "b"}).ok());
  ListFeed feed;
  feed.add(request(shell("echo 1 > " + (folder / "a") + "; cat " + (folder / "b")), {"cat"}));
  feed.add(request(shell("cat " + (folder / "a") + "; echo 2 > " + (folder / "b")), {"cat"}));
  run_streams(2, feed);
  EXPECT_EQ(feed.results[0].receiver.err, "2\n");
  EXPECT_EQ(feed.results[1].receiver.err, "1\n");
}

TEST_F(StreamsTest, EveryByteOfEachArrives) {
  ListFeed feed;
  for (int i = 0; i < 6; ++i) {
    StreamLimits limits;
    limits.buffer_bytes = i % 2 == 0 ? 0 : 3'000'000;
    feed.add(request(shell("seq 1 " + std::to_string(100'000 * (i + 1))), {"md5sum"}, limits));
  }
  run_streams(4, feed);
  for (int i = 0; i < 6; ++i) {
    const Words same = shell("seq 1 " + std::to_string(100'000 * (i + 1)) + " | md5sum");
    const StreamResult& result = feed.results[static_cast<std::size_t>(i)];
    EXPECT_TRUE(result.ok());
    EXPECT_EQ(result.receiver.err, run(*source_, same).out);
  }
  EXPECT_FALSE(has_children());
}

TEST_F(StreamsTest, NeverMoreThanTheLimitRunAndNoFewerWhileOthersWait) {
  ListFeed feed;
  for (int i = 0; i < 10; ++i) feed.add(request({"echo", "x"}, {"cat"}));
  run_streams(3, feed);
  EXPECT_EQ(feed.most_at_once, 3);
  EXPECT_THAT(feed.results, SizeIs(10));
}

TEST_F(StreamsTest, ALimitOfZeroIsOne) {
  ListFeed feed;
  for (int i = 0; i < 3; ++i) feed.add(request({"echo", "x"}, {"cat"}));
  run_streams(0, feed);
  EXPECT_THAT(feed.order, ElementsAre(0, 1, 2));
}

TEST_F(StreamsTest, NothingToRunReturnsAtOnce) {
  ListFeed feed;
  run_streams(4, feed);
  EXPECT_THAT(feed.results, SizeIs(0));
}

// The sibling ends only after the others have failed, each in its way.
TEST_F(StreamsTest, OneThatFailsDoesNoHarmToASibling) {
  const TemporaryFolder folder;
  ASSERT_TRUE(run(*source_, {"mkfifo", folder / "go"}).ok());
  ListFeed feed;
  feed.add(request(shell("echo begun; cat " + (folder / "go")), {"cat"}));
  feed.add(request(shell("echo broken >&2; exit 3"), {"cat"}));
  feed.add(request({"yes"}, {"false"}));
  feed.add(request({"no-such-program-here"}, {"cat"}));
  feed.add(request(shell("kill -KILL $$"), {"cat"}));
  feed.add(request(shell("echo go > " + (folder / "go")), {"cat"}));  // starts when another one has ended
  run_streams(3, feed);
  EXPECT_TRUE(feed.results[0].ok());
  EXPECT_EQ(feed.results[0].receiver.err, "begun\ngo\n");
  EXPECT_EQ(feed.results[1].sender.err, "broken\n");
  EXPECT_TRUE(ended_with(feed.results[2].receiver.status, ExitKind::exited, 1));
  EXPECT_THAT(feed.results[3].not_started->what(), HasSubstr("no-such-program-here"));
  EXPECT_TRUE(ended_with(feed.results[4].sender.status, ExitKind::signalled, 9));
}

TEST_F(StreamsTest, OneThatCannotBeStartedIsTold) {
  ListFeed feed;
  for (int i = 0; i < 3; ++i) feed.add(request({"echo", "x"}, {"no-such-program-here"}));
  run_streams(2, feed);
  EXPECT_THAT(feed.results, SizeIs(3));
  for (const auto& [id, result] : feed.results) EXPECT_TRUE(result.not_started);
  EXPECT_FALSE(has_children());
}

// Nothing until the stream before has ended, although more might run at once.
class ChainFeed final : public ListFeed {
 public:
  std::optional<StreamTask> next() override {
    if (busy_) return std::nullopt;
    std::optional<StreamTask> task = ListFeed::next();
    busy_ = task.has_value();
    return task;
  }
  void ended(std::size_t id, StreamResult result) override {
    busy_ = false;
    ListFeed::ended(id, std::move(result));
  }

 private:
  bool busy_ = false;
};

TEST_F(StreamsTest, TheFeedIsAskedAgainAfterEachEnd) {
  ChainFeed feed;
  feed.add(request({"echo", "x"}, {"cat"}));
  feed.add(request({"no-such-program-here"}, {"cat"}));
  feed.add(request({"echo", "x"}, {"cat"}));
  run_streams(8, feed);
  EXPECT_THAT(feed.order, ElementsAre(0, 1, 2));
  EXPECT_EQ(feed.most_at_once, 1);
}

class WatchingFeed final : public ListFeed {
 public:
  void progress(const StreamsProgress& progress) override {
    last_bytes = progress.ended_bytes;
    for (const StreamsProgress::Running& one : progress.running) {
      last_bytes += one.progress.bytes;
      last_words[one.id] = one.progress.sender_error;
    }
  }
  std::uint64_t last_bytes = 0;
  std::map<std::size_t, std::string> last_words;
};

TEST_F(StreamsTest, ProgressTellsOfEachByItsId) {
  WatchingFeed feed;
  feed.add(request(shell("echo first >&2; printf 123"), {"cat"}));
  feed.add(request(shell("echo second >&2; printf 45"), {"cat"}));
  run_streams(2, feed);
  EXPECT_EQ(feed.last_bytes, 5U);
  EXPECT_EQ(feed.last_words[0], "first\n");
  EXPECT_EQ(feed.last_words[1], "second\n");
}

class ThrowingFeed final : public ListFeed {
 public:
  void ended(std::size_t, StreamResult) override { throw std::runtime_error("enough"); }
};

TEST_F(StreamsTest, WhatTheFeedThrowsEndsAllAndComesOut) {
  ThrowingFeed feed;
  feed.add(request({"sleep", "1000"}, {"cat"}));
  feed.add(request({"echo", "x"}, {"cat"}));
  EXPECT_THROW(run_streams(2, feed), std::runtime_error);
  EXPECT_FALSE(has_children());
}

TEST_F(StreamsTest, ASignalEndsAllAndNothingMoreIsStartedOrTold) {
  EXPECT_EQ(in_a_child([&]() -> std::string {
              catch_interrupts();
              ListFeed feed;
              feed.add(request({"yes"}, shell("cat > /dev/null; sleep 1000")));
              feed.add(request({"sleep", "1000"}, shell("trap '' TERM; exec cat")));
              feed.add(request(shell("kill -TERM $PPID; exec sleep 1000"), {"cat"}));
              feed.add(request({"echo", "x"}, {"cat"}));
              try {
                run_streams(3, feed);
              } catch (const Interrupted& interrupted) {
                return "signal " + std::to_string(interrupted.signal()) + (has_children() ? ", a child is left" : "") +
                       (feed.results.empty() ? "" : ", the feed was told");
              }
              return "went on";
            }),
            "signal 15");
}

}  // namespace
}  // namespace czb
