// SPDX-License-Identifier: MIT
// One command through a transport, with real processes (process/command.h).
#include "process/command.h"

#include <gmock/gmock.h>
#include <sys/eventfd.h>

#include "error.h"
#include "process/announced_transport.h"
#include "process/interrupt.h"
#include "process/unkillable_transport.h"
#include "real_process.h"

namespace czb {
namespace {

using test::AnnouncedTransport;
using test::Deadline;
using test::ended_with;
using test::has_children;
using test::in_a_child;
using test::local_transport;
using test::shell;
using test::UnkillableTransport;
using ::testing::HasSubstr;

const std::string child = CZB_MISBEHAVING_CHILD;

const RunLimits one_second{std::chrono::seconds(1), ""};

class CommandTest : public ::testing::Test {
 protected:
  // The program ignores SIGPIPE too (process/interrupt.h).
  CommandTest() : before_(::signal(SIGPIPE, SIG_IGN)) {}
  ~CommandTest() override { ::signal(SIGPIPE, before_); }

  Completed run(const std::vector<std::string>& argv, const RunLimits& limits = {}) {
    return czb::run(*transport_, argv, limits);
  }

  const Deadline deadline_;
  void (*before_)(int);
  std::shared_ptr<Transport> transport_ = local_transport();
};

TEST_F(CommandTest, CollectsOutputErrorAndExitStatus) {
  const Completed completed = run(shell("echo out; echo err >&2; exit 3"));
  EXPECT_EQ(completed.out, "out\n");
  EXPECT_EQ(completed.err, "err\n");
  EXPECT_TRUE(ended_with(completed.status, ExitKind::exited, 3));
  EXPECT_FALSE(completed.ok());
  EXPECT_TRUE(run({"true"}).ok());
}

TEST_F(CommandTest, GivesNoStandardInput) { EXPECT_EQ(run({"cat"}).out, ""); }

TEST_F(CommandTest, GivesAnInputThatIsLargerThanAnyPipe) {
  std::string input;
  while (input.size() < 3'000'000) input += std::to_string(input.size()) + '\n';
  const Completed completed = run({"cat"}, {std::chrono::seconds(0), input});
  EXPECT_TRUE(completed.ok());
  EXPECT_TRUE(completed.out == input);
}

TEST_F(CommandTest, AnInputThatNobodyReadsIsNoHindrance) {
  const std::string input(3'000'000, 'x');
  EXPECT_TRUE(run({"true"}, {std::chrono::seconds(0), input}).ok());
  EXPECT_EQ(run({"head", "-c", "3"}, {std::chrono::seconds(0), input}).out, "xxx");
  EXPECT_EQ(run(shell("exec <&-; echo done"), {std::chrono::seconds(0), input}).out, "done\n");
}

TEST_F(CommandTest, TheTimeLimitEndsIt) {
  AnnouncedTransport transport;
  const Completed completed =
      czb::run(transport, shell("echo begun; " + transport.announce() + "; exec sleep 1000"), one_second);
  EXPECT_TRUE(completed.timed_out);
  EXPECT_FALSE(completed.ok());
  EXPECT_EQ(completed.out, "begun\n");
  EXPECT_EQ(ending_of(completed), "took longer than 1 s");
  EXPECT_TRUE(ended_with(completed.status, ExitKind::signalled, SIGTERM));
  EXPECT_FALSE(has_children());
}

TEST_F(CommandTest, AnExitStatusOfZeroAfterTheTimeLimitIsNoSuccess) {
  AnnouncedTransport transport;
  const Completed completed = czb::run(
      transport, shell("trap 'kill $!; exit 0' TERM; sleep 1000 & " + transport.announce() + "; wait"), one_second);
  EXPECT_TRUE(ended_with(completed.status, ExitKind::exited, 0));
  EXPECT_FALSE(completed.ok());
}

TEST_F(CommandTest, TheTimeLimitKillsWhatIgnoresSigterm) {
  AnnouncedTransport transport;
  const Completed completed =
      czb::run(transport, shell("trap '' TERM; " + transport.announce() + "; exec sleep 1000"), one_second);
  EXPECT_TRUE(completed.timed_out);
  EXPECT_TRUE(ended_with(completed.status, ExitKind::signalled, SIGKILL));
}

TEST_F(CommandTest, ATimeLimitThatIsNotReachedChangesNothing) {
  const Completed completed = run(shell("cat; exit 3"), {std::chrono::seconds(60), "in"});
  EXPECT_FALSE(completed.timed_out);
  EXPECT_EQ(completed.out, "in");
  EXPECT_EQ(ending_of(completed), "exit status 3");
}

TEST_F(CommandTest, TellsTheSignalThatEndedIt) {
  EXPECT_TRUE(ended_with(run({child, "die", "9"}).status, ExitKind::signalled, 9));
}

TEST_F(CommandTest, TakesLargeOutputAndLargeErrorsAtOnce) {
  const Completed completed = run(shell(child + " complain-lots 5000000 & " + child + " write-lots 5000000; wait"));
  EXPECT_EQ(completed.out.size(), 5'000'000U);
  EXPECT_GT(completed.err.size(), 100'000U);
  EXPECT_LT(completed.err.size(), 300'000U);
}

TEST_F(CommandTest, AMissingProgramIsAnErrorThatNamesIt) {
  try {
    run({"no-such-program-here"});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::failed);
    EXPECT_THAT(error.what(), HasSubstr("no-such-program-here"));
  }
}

TEST_F(CommandTest, ADescendantThatKeepsThePipesOpenIsNotWaitedFor) {
  const Completed completed = run({child, "leave-grandchild"});
  EXPECT_TRUE(completed.ok());
  EXPECT_GT(std::stoi(completed.out), 1);
}

TEST_F(CommandTest, ADescendantThatGoesOnTalkingIsNotWaitedFor) {
  const auto talk_on = [&] { return run(shell("yes & yes >&2 & exit 0")).ok() ? "ok" : "no"; };
  EXPECT_EQ(in_a_child(talk_on), "ok");
}

TEST_F(CommandTest, LeavesNoProcessBehind) {
  run({"true"});
  EXPECT_FALSE(has_children());
}

TEST_F(CommandTest, ASignalEndsTheCommandAndThrowsInterrupted) {
  EXPECT_EQ(in_a_child([&]() -> std::string {
              catch_interrupts();
              try {
                run(shell("kill -TERM $PPID; exec sleep 1000"));
              } catch (const Interrupted& interrupted) {
                return std::to_string(interrupted.signal()) + (has_children() ? ", a child is left" : "");
              }
              return "went on";
            }),
            "15");
}

TEST_F(CommandTest, NothingIsStartedAfterASignal) {
  EXPECT_EQ(in_a_child([&]() -> std::string {
              catch_interrupts();
              ::raise(SIGINT);
              ::raise(SIGTERM);
              try {
                run({"true"});
              } catch (const Interrupted& interrupted) {
                return "the first was " + std::to_string(interrupted.signal());
              }
              return "went on";
            }),
            "the first was 2");
}

// A far end that cannot be reached, or whose connection breaks once the command runs.
class LostTransport final : public Transport, public Process {
 public:
  explicit LostTransport(bool starts) : starts_(starts), ready_(::eventfd(1, EFD_CLOEXEC)) {}

  void describe_peer(TextSink&) noexcept override {}
  void describe_command(const Argv&, TextSink&) noexcept override {}
  Status open(TextSink&) noexcept override { return Status::ok; }
  Status start(const Argv&, const StandardDescriptors&, Process** process, TextSink& error) noexcept override {
    if (!starts_) error.write("no route to host");
    *process = starts_ ? this : nullptr;
    return starts_ ? Status::ok : Status::unreachable;
  }
  void close() noexcept override {}

  std::int32_t ready_descriptor() noexcept override { return ready_.get(); }
  Status wait(ExitStatus& status, TextSink& error) noexcept override {
    status = {ExitKind::transport_failed, 255};
    error.write("broken pipe");
    return Status::ok;
  }
  void terminate() noexcept override {}
  void release() noexcept override { ++released; }

  int released = 0;

 private:
  bool starts_;
  Descriptor ready_;
};

TEST(LostConnection, WhileStartingIsAnErrorUnreachable) {
  LostTransport transport(false);
  try {
    run(transport, {"true"});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::unreachable);
    EXPECT_STREQ(error.what(), "no route to host");
  }
}

TEST(LostConnection, WhileRunningIsAStatusWithTheTransportsWords) {
  LostTransport transport(true);
  const Completed completed = run(transport, {"true"});
  EXPECT_EQ(completed.status.kind, ExitKind::transport_failed);
  EXPECT_EQ(completed.transport_error, "broken pipe");
  EXPECT_FALSE(completed.ok());
  EXPECT_EQ(transport.released, 1);
}

TEST(UnkillableCommand, IsLeftBehindAfterItsTimeLimit) {
  const Deadline deadline;
  UnkillableTransport transport;
  const Completed completed = run(transport, {"true"}, one_second);
  EXPECT_TRUE(completed.timed_out);
  EXPECT_GE(transport.terminated, 2);
  EXPECT_EQ(transport.released, 1);
}

TEST(ExitStatusText, SaysHowItEnded) {
  EXPECT_EQ(to_string({ExitKind::exited, 1}), "exit status 1");
  EXPECT_EQ(to_string({ExitKind::signalled, 9}), "ended by signal 9");
  EXPECT_EQ(to_string({ExitKind::transport_failed, 255}), "the connection failed");
}

TEST(BoundedText, KeepsAShortTextAsItIs) {
  BoundedText text;
  text.append("one ");
  text.append("two");
  EXPECT_EQ(text.text(), "one two");
}

TEST(BoundedText, KeepsTheFirstAndTheLastOfALongOne) {
  BoundedText text;
  text.append("begin");
  for (int i = 0; i < 100; ++i) text.append(std::string(10'000, '.'));
  text.append("end");
  const std::string kept = text.text();
  EXPECT_EQ(kept.substr(0, 5), "begin");
  EXPECT_EQ(kept.substr(kept.size() - 3), "end");
  EXPECT_THAT(kept, HasSubstr("[…]"));
  EXPECT_LT(kept.size(), 250'000U);
  EXPECT_EQ(text.head().size(), 65'536U);
}

}  // namespace
}  // namespace czb
