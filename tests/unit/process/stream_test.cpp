// SPDX-License-Identifier: MIT
// Two real processes with the pump between them (process/stream.h). Each test has a deadline: what it fears most is a
// stream that never ends.
#include "process/stream.h"

#include <fcntl.h>
#include <gmock/gmock.h>

#include "error.h"
#include "fixtures/temporary_folder.h"
#include "process/interrupt.h"
#include "real_process.h"

namespace czb {
namespace {

using test::Deadline;
using test::ended_with;
using test::has_children;
using test::in_a_child;
using test::local_transport;
using test::shell;
using ::testing::HasSubstr;
using ::testing::StartsWith;

using Words = std::vector<std::string>;

const std::string child = CZB_MISBEHAVING_CHILD;

class StreamTest : public ::testing::Test {
 protected:
  // The program ignores SIGPIPE too (process/interrupt.h).
  StreamTest() : before_(::signal(SIGPIPE, SIG_IGN)) {}
  ~StreamTest() override { ::signal(SIGPIPE, before_); }

  StreamResult stream(const Words& from, const Words& to, const ProgressFunction& progress = nullptr) {
    return czb::stream({source_.get(), from, target_.get(), to, {}}, progress);
  }
  // By which one side waits for the other.
  std::string make_fifo() {
    EXPECT_TRUE(run(*source_, {"mkfifo", folder_ / "fifo"}).ok());
    return folder_ / "fifo";
  }

  const Deadline deadline_;
  const TemporaryFolder folder_;
  void (*before_)(int);
  std::shared_ptr<Transport> source_ = local_transport();
  std::shared_ptr<Transport> target_ = local_transport();
};

TEST_F(StreamTest, EveryByteArrives) {
  const std::string file = folder_ / "data";
  ASSERT_TRUE(run(*source_, shell("head -c 50000000 /dev/urandom > " + file)).ok());
  const std::string checksum = run(*source_, shell("sha256sum < " + file)).out;
  const StreamResult result = stream({"cat", file}, {"sha256sum"});
  EXPECT_TRUE(result.ok());
  EXPECT_EQ(result.bytes, 50'000'000U);
  EXPECT_EQ(result.receiver.err, checksum);
  EXPECT_GT(result.seconds, 0);
}

TEST_F(StreamTest, AnEmptyStreamIsAStreamToo) {
  const StreamResult result = stream({"true"}, {"wc", "-c"});
  EXPECT_TRUE(result.ok());
  EXPECT_EQ(result.bytes, 0U);
  EXPECT_EQ(result.receiver.err, "0\n");
}

// The last bytes are fewer than the smallest pipe holds: the sender can end before they are read.
TEST_F(StreamTest, ASlowReceiverGetsEverythingAfterTheSenderHasEnded) {
  const std::string ended = make_fifo();
  const StreamResult result = stream(shell("exec 3> " + ended + "; exec " + child + " write-lots 3000000"),
                                     shell("exec 4< " + ended + "; head -c 2950000 | wc -c; cat <&4; wc -c"));
  EXPECT_TRUE(result.ok());
  EXPECT_EQ(result.receiver.err, "2950000\n50000\n");
}

TEST_F(StreamTest, AReceiverThatWorksOnAfterTheLastByteIsWaitedFor) {
  const StreamResult result = stream({"echo", "x"}, shell("cat; sleep 0.3; echo done"));
  EXPECT_TRUE(result.ok());
  EXPECT_EQ(result.receiver.err, "x\ndone\n");
}

TEST_F(StreamTest, ASenderThatFailsIsToldAndTheReceiverEnds) {
  const StreamResult result = stream(shell("echo part; echo broken >&2; exit 3"), {"cat"});
  EXPECT_FALSE(result.ok());
  EXPECT_TRUE(ended_with(result.sender.status, ExitKind::exited, 3));
  EXPECT_EQ(result.sender.err, "broken\n");
  EXPECT_TRUE(result.receiver.ok());
  EXPECT_EQ(result.receiver.err, "part\n");
}

TEST_F(StreamTest, ASenderThatIsKilledIsTold) {
  const StreamResult result = stream(shell("echo part; kill -KILL $$"), {"cat"});
  EXPECT_TRUE(ended_with(result.sender.status, ExitKind::signalled, 9));
  EXPECT_EQ(result.receiver.err, "part\n");
}

TEST_F(StreamTest, AReceiverThatFailsEarlyEndsASenderThatStillWrites) {
  const StreamResult result = stream({"yes"}, shell("head -c 100000 > /dev/null; echo full >&2; exit 1"));
  EXPECT_TRUE(ended_with(result.receiver.status, ExitKind::exited, 1));
  EXPECT_EQ(result.receiver.err, "full\n");
  EXPECT_EQ(result.sender.status.kind, ExitKind::signalled);
}

TEST_F(StreamTest, AReceiverThatFailsAtOnceEndsASenderThatNeverWrites) {
  const StreamResult result = stream({"sleep", "1000"}, {"false"});
  EXPECT_TRUE(ended_with(result.receiver.status, ExitKind::exited, 1));
  EXPECT_EQ(result.sender.status.kind, ExitKind::signalled);
}

TEST_F(StreamTest, AReceiverThatSucceedsTooEarlyDoesNotHideThatTheSenderWasCutOff) {
  const StreamResult result = stream({"yes"}, {"head", "-c", "10"});
  EXPECT_TRUE(result.receiver.ok());
  EXPECT_FALSE(result.sender.ok());
}

// zfs receive ends at the stream's last record and not at the end of the file: it may be gone before the sender is.
TEST_F(StreamTest, ASenderThatEndsShortlyAfterASatisfiedReceiverSucceeds) {
  const std::string ended = make_fifo();
  const StreamResult result =
      stream(shell("printf whole; cat " + ended), shell("exec 3> " + ended + "; exec head -c 5"));
  EXPECT_TRUE(result.receiver.ok());
  EXPECT_TRUE(ended_with(result.sender.status, ExitKind::exited, 0));
}

TEST_F(StreamTest, ASenderThatIgnoresSignalsAndTheClosedPipeIsKilled) {
  const StreamResult result = stream(shell("trap '' TERM PIPE; echo ready; exec sleep 1000"), {"head", "-n", "1"});
  EXPECT_TRUE(ended_with(result.sender.status, ExitKind::signalled, 9));
}

TEST_F(StreamTest, AGrandchildThatKeepsTheSendersOutputOpenIsNotWaitedFor) {
  const StreamResult result = stream({child, "leave-grandchild"}, {"cat"});
  EXPECT_TRUE(result.ok());
  EXPECT_GT(std::stoi(result.receiver.err.raw()), 1);
  EXPECT_FALSE(has_children());
}

TEST_F(StreamTest, AGrandchildThatGoesOnWritingIsNotWaitedFor) {
  const auto write_on = [&] { return stream(shell("yes & exit 0"), shell("cat > /dev/null")).ok() ? "ok" : "not ok"; };
  EXPECT_EQ(in_a_child(write_on), "ok");
}

TEST_F(StreamTest, AGrandchildThatGoesOnTalkingIsNotWaitedFor) {
  const auto talk_on = [&] { return stream(shell("yes >&2 & exit 0"), {"cat"}).ok() ? "ok" : "not ok"; };
  EXPECT_EQ(in_a_child(talk_on), "ok");
}

TEST_F(StreamTest, ErrorsAreCollectedAndBoundedOnBothSides) {
  const StreamResult result = stream({child, "complain-lots", "5000000"}, {child, "complain-lots", "5000000"});
  EXPECT_TRUE(result.ok());
  for (const std::string& text : {result.sender.err.raw(), result.receiver.err.raw()}) {
    EXPECT_THAT(text, StartsWith("abcdefghijklmnopqrstuvwxyz"));
    EXPECT_GT(text.size(), 100'000U);
    EXPECT_LT(text.size(), 300'000U);
  }
}

TEST_F(StreamTest, ProgressIsToldAtTheEndWithWhatTheSenderSaid) {
  std::uint64_t bytes = 0;
  std::string error;
  stream(shell("printf 'size\\t5\\n' >&2; printf 12345"), {"cat"}, [&](const StreamProgress& now) {
    bytes = now.bytes;
    error = now.sender_error;
  });
  EXPECT_EQ(bytes, 5U);
  EXPECT_EQ(error, "size\t5\n");
}

TEST_F(StreamTest, ProgressIsToldWhileItLasts) {
  const std::string fifo = make_fifo();
  const Descriptor go_on(::open(fifo.c_str(), O_RDWR | O_CLOEXEC));
  int calls = 0;
  stream(shell("printf 1; read -r line < " + fifo + "; printf 2"), {"cat"}, [&](const StreamProgress&) {
    if (++calls == 2) {
      EXPECT_EQ(::write(go_on.get(), "\n", 1), 1);
    }
  });
  EXPECT_GE(calls, 3);  // at the end, too
}

TEST_F(StreamTest, AMissingProgramOnEitherSideIsAnErrorAndLeavesNoProcess) {
  for (const StreamResult& result :
       {stream({"cat"}, {"no-such-program-here"}), stream({"no-such-program-here"}, {"cat"})}) {
    ASSERT_TRUE(result.not_started);
    EXPECT_EQ(result.not_started->code(), ExitCode::failed);
    EXPECT_THAT(result.not_started->what(), HasSubstr("no-such-program-here"));
    EXPECT_FALSE(result.ok());
  }
  EXPECT_FALSE(has_children());
}

TEST_F(StreamTest, LeavesNoDescriptorOpen) {
  const auto count = [] { return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {}); };
  stream({"echo", "x"}, {"cat"});
  const auto before = count();
  stream({"echo", "x"}, {"cat"});
  EXPECT_TRUE(stream({"no-such-program-here"}, {"cat"}).not_started);
  EXPECT_EQ(count(), before);
}

class StreamInterruptTest : public StreamTest {
 protected:
  // How a stream ends that a signal interrupts, in a child of its own.
  std::string interrupted(const Words& from, const Words& to) {
    return in_a_child([&]() -> std::string {
      catch_interrupts();
      try {
        stream(from, to);
      } catch (const Interrupted& interrupted) {
        return "signal " + std::to_string(interrupted.signal()) + (has_children() ? ", a child is left" : "");
      }
      return "went on";
    });
  }
};

TEST_F(StreamInterruptTest, ASignalEndsBothSides) {
  EXPECT_EQ(interrupted(shell("kill -TERM $PPID; exec yes"), shell("cat > /dev/null; sleep 1000")), "signal 15");
  EXPECT_EQ(interrupted(shell("kill -INT $PPID; exec sleep 1000"), {"cat"}), "signal 2");
}

TEST_F(StreamInterruptTest, AReceiverThatIgnoresSigtermIsKilled) {
  EXPECT_EQ(interrupted({"yes"}, shell("trap '' TERM; kill -TERM $PPID; exec sleep 1000")), "signal 15");
}

TEST_F(StreamInterruptTest, ASignalBeforeTheStreamStartsNothing) {
  EXPECT_EQ(in_a_child([&]() -> std::string {
              catch_interrupts();
              ::raise(SIGHUP);
              try {
                stream({"no-such-program-here"}, {"no-such-program-here"});
              } catch (const Interrupted& interrupted) {
                return "signal " + std::to_string(interrupted.signal());
              }
              return "went on";
            }),
            "signal 1");
}

}  // namespace
}  // namespace czb
