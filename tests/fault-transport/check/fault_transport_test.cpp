// SPDX-License-Identifier: MIT
// Each fault is what its description says, seen through the plugin's boundary.
#include <dlfcn.h>
#include <gmock/gmock.h>
#include <sys/wait.h>

#include <memory>

#include "unit/plugins/transport_testing.h"

namespace czb {
namespace {

using namespace transport_test;  // NOLINT(google-build-using-namespace)
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

const PluginDescriptor& descriptor() {
  static void* const library = ::dlopen(CZB_FAULT_PLUGINS "/transport-fault.so", RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) throw std::runtime_error(::dlerror());
  static auto* const entry = reinterpret_cast<PluginEntry*>(::dlsym(library, plugin_entry_symbol));
  return *entry();
}

// What the host would hand over: the defaults, and these.
struct Given {
  std::string fault = "none";
  std::int64_t after = 0;
  std::string match = "";
  std::int64_t at_command = 1;
  std::string log = "";
  std::string hook = "";
};

class FaultTransportTest : public ::testing::Test {
 protected:
  // Where a fault closes the stream, the writer of it is told so by an error, not a signal.
  FaultTransportTest() : before_(std::signal(SIGPIPE, SIG_IGN)) {}
  ~FaultTransportTest() override { std::signal(SIGPIPE, before_); }

  void make(const Given& given) {
    std::vector<OptionValue> values;
    for (std::uint32_t i = 0; i < descriptor().option_count; ++i) {
      const std::string name = descriptor().options[i].name;
      OptionValue value{descriptor().options[i].name, true, 0, {}, nullptr, 0};
      if (name == "fault") value.text = given.fault;
      if (name == "after") value.integer = given.after;
      if (name == "match") value.text = given.match;
      if (name == "at-command") value.integer = given.at_command;
      if (name == "pause") value.integer = 1;
      if (name == "log") value.text = given.log;
      if (name == "hook") value.text = given.hook;
      values.push_back(value);
    }
    CreateArguments arguments;
    arguments.options = values.data();
    arguments.option_count = values.size();
    transport_ = std::make_unique<TransportHandle>(descriptor(), arguments);
    ASSERT_TRUE(transport_->created()) << transport_->create_error();
    EXPECT_EQ(open(), Status::ok);
  }

  Status open() {
    StringSink error;
    return (*transport_)->open(error);
  }

  Outcome run(const Words& argv, const std::string& input = "") {
    return transport_test::run(*transport_, argv, input);
  }

  // Without a standard input: the output is the stream.
  Outcome run_writing(const Words& argv) {
    Outcome outcome;
    Pipe out = make_pipe();
    const ProcessPointer process =
        transport_->start(argv, {-1, out.write_end.get(), -1}, outcome.status, outcome.start_error);
    out.write_end.reset();
    if (!process) return outcome;
    outcome.out = read_all(out.read_end.get());
    outcome.exit = wait_for(*process);
    return outcome;
  }

  // Every child of ours has; they are left to whom they belong.
  static void wait_until_all_ended() {
    for (const pid_t pid : children()) {
      siginfo_t info = {};
      EXPECT_EQ(::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOWAIT), 0);
    }
  }

  void (*before_)(int);
  std::unique_ptr<TransportHandle> transport_;
  TemporaryFolder folder_;
  const std::string text_ = std::string(100'000, 'x') + std::string(100'000, 'y');
  const Words writer_ = {"sh", "-c", "head -c 1000000 /dev/zero"};
};

TEST_F(FaultTransportTest, WithoutAFaultItCarriesBytesAndStatusAndLogsEveryCommandWithItsWords) {
  make({.log = folder_ / "log"});
  EXPECT_EQ(run({"cat"}, text_).out, text_);
  EXPECT_TRUE(ended_with(run({"sh", "-c", "exit 7"}).exit, ExitKind::exited, 7));
  EXPECT_EQ(read_file(folder_ / "log"), "1 cat\n2 sh -c 'exit 7'\n");
}

TEST_F(FaultTransportTest, AFaultThatDoesNotComeChangesNothing) {
  for (const std::string fault : {"cut", "stall", "delay", "garble", "kill"}) {
    SCOPED_TRACE(fault);
    make({.fault = fault, .after = 5'000'000, .at_command = 0});
    EXPECT_EQ(run({"cat"}, text_).out, text_);
    EXPECT_EQ(run_writing(writer_).out.size(), 1'000'000U);
    EXPECT_TRUE(ended_with(run({"sh", "-c", "exit 7"}, text_).exit, ExitKind::exited, 7));
    EXPECT_TRUE(ended_with(run_writing({"sh", "-c", "exit 7"}).exit, ExitKind::exited, 7));
  }
}

TEST_F(FaultTransportTest, OnlyTheCommandThatWasCountedIsHit) {
  make({.fault = "fail", .match = "word", .at_command = 2});
  EXPECT_EQ(run({"echo", "word"}).exit.code, 0);
  EXPECT_EQ(run({"echo", "words"}).exit.code, 0);
  EXPECT_EQ(run({"echo", "word"}).exit.code, 1);
  EXPECT_EQ(run({"echo", "word"}).exit.code, 0);
}

TEST_F(FaultTransportTest, ACutInputIsAnEndOfFileForTheCommand) {
  make({.fault = "cut", .after = 100'001, .log = folder_ / "log"});
  const Outcome outcome = run({"cat"}, text_);
  EXPECT_EQ(outcome.out, text_.substr(0, 100'001));
  EXPECT_TRUE(ended_with(outcome.exit, ExitKind::exited, 0));
  EXPECT_EQ(read_file(folder_ / "log"), "1 cat\nfault after 100001 bytes of 1 cat\n");
}

TEST_F(FaultTransportTest, ACutOutputEndsForTheReaderAndBreaksTheCommandsPipe) {
  make({.fault = "cut", .after = 1000});
  const Outcome outcome = run_writing({"head", "-c", "1000000", "/dev/zero"});
  EXPECT_EQ(outcome.out.size(), 1000U);
  EXPECT_TRUE(ended_with(outcome.exit, ExitKind::signalled, SIGPIPE));
}

TEST_F(FaultTransportTest, GarbleChangesExactlyTheOneByte) {
  make({.fault = "garble", .after = 100'000, .at_command = 0});
  std::string expected = text_;
  expected[100'000] = static_cast<char>(~expected[100'000]);
  EXPECT_EQ(run({"cat"}, text_).out, expected);
  const std::string written = run_writing(writer_).out;
  ASSERT_EQ(written.size(), 1'000'000U);
  EXPECT_EQ(written.find_first_not_of('\0'), 100'000U);
  EXPECT_EQ(written.find_last_not_of('\0'), 100'000U);
}

TEST_F(FaultTransportTest, ADelayPausesAndLosesNothing) {
  make({.fault = "delay", .after = 1000});
  const Clock::time_point began = Clock::now();
  EXPECT_EQ(run({"cat"}, text_).out, text_);
  EXPECT_GE(Clock::now() - began, std::chrono::seconds(1));
}

TEST_F(FaultTransportTest, AStopIsTheProgramsOwnUntilItIsContinuedAndLosesNothing) {
  const pid_t program = ::fork();
  if (program == 0) {
    make({.fault = "stop", .after = 1000});
    ::_exit(run({"cat"}, text_).out == text_ ? 0 : 1);
  }
  siginfo_t info = {};
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(program), &info, WSTOPPED | WEXITED | WNOWAIT), 0);
  EXPECT_EQ(info.si_code, CLD_STOPPED);
  ::kill(program, SIGCONT);
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(program), &info, WEXITED), 0);
  EXPECT_EQ(info.si_code, CLD_EXITED);
  EXPECT_EQ(info.si_status, 0);
}

TEST_F(FaultTransportTest, AStallLastsUntilTheCommandIsTerminatedEvenWhereItHasEndedByItself) {
  make({.fault = "stall", .after = 10, .at_command = 0});
  for (const Words& argv : {Words{"cat"}, Words{"true"}}) {
    Pipe in = make_pipe();
    Status status = Status::failed;
    std::string error;
    const ProcessPointer process = transport_->start(argv, {in.read_end.get(), -1, -1}, status, error);
    ASSERT_EQ(status, Status::ok) << error;
    write_all(in.write_end.get(), "0123456789ABC");
    if (argv.front() == "cat") {
      EXPECT_FALSE(readable_within(process->ready_descriptor(), std::chrono::milliseconds(300)));
    } else {
      wait_until_all_ended();
    }
    process->terminate();
    wait_for(*process);
  }
  Pipe out = make_pipe();
  Status status = Status::failed;
  std::string error;
  const ProcessPointer process =
      transport_->start({"echo", "a long line"}, {-1, out.write_end.get(), -1}, status, error);
  out.write_end.reset();
  ASSERT_EQ(status, Status::ok) << error;
  ASSERT_TRUE(readable_within(out.read_end.get(), patience));
  wait_until_all_ended();
  EXPECT_FALSE(readable_within(process->ready_descriptor(), std::chrono::milliseconds(300)));
  process->terminate();
  EXPECT_TRUE(ended_with(wait_for(*process), ExitKind::exited, 0));
  EXPECT_EQ(read_all(out.read_end.get()), "a long lin");
}

TEST_F(FaultTransportTest, AStalledCommandCanBeReleased) {
  make({.fault = "stall"});
  Status status = Status::failed;
  std::string error;
  ProcessPointer process = transport_->start({"sleep", "1000"}, {}, status, error);
  ASSERT_EQ(status, Status::ok) << error;
  process.reset();
  EXPECT_THAT(children(), IsEmpty());
}

TEST_F(FaultTransportTest, ADropEndsTheCommandAndTheSessionUntilItIsOpenedAgain) {
  make({.fault = "drop", .after = 1000});
  const Outcome dropped = run({"sh", "-c", "head -c 1000; sleep 1000 & wait"}, text_);
  EXPECT_EQ(dropped.exit.kind, ExitKind::transport_failed);
  const Outcome after = run({"true"});
  EXPECT_EQ(after.status, Status::unreachable);
  EXPECT_THAT(after.start_error, HasSubstr("dropped"));
  (*transport_)->close();
  EXPECT_EQ(open(), Status::ok);
  EXPECT_TRUE(ended_with(run({"true"}).exit, ExitKind::exited, 0));
}

TEST_F(FaultTransportTest, ADropBehindTheLastByteHidesThatTheCommandEndedWell) {
  make({.fault = "drop", .after = 5'000'000});
  const Outcome dropped = run({"sh", "-c", "cat > " + folder_ / "received"}, text_);
  EXPECT_EQ(dropped.exit.kind, ExitKind::transport_failed);
  EXPECT_EQ(read_file(folder_ / "received"), text_);
  EXPECT_EQ(run({"true"}).status, Status::unreachable);
}

TEST_F(FaultTransportTest, ACommandThatFailsIsNotRun) {
  make({.fault = "fail"});
  const Outcome failed = run({"touch", folder_ / "touched"});
  EXPECT_TRUE(ended_with(failed.exit, ExitKind::exited, 1));
  EXPECT_THAT(failed.err, HasSubstr("on purpose"));
  EXPECT_TRUE(folder_.is_empty());
}

TEST_F(FaultTransportTest, AKilledCommandHasGotTheBytesBefore) {
  make({.fault = "kill", .after = 1000});
  EXPECT_TRUE(ended_with(run({"cat"}, text_).exit, ExitKind::signalled, SIGKILL));
  make({.fault = "kill", .after = 1000});
  const Outcome writing = run_writing({"sh", "-c", "head -c 1000 /dev/zero; sleep 1000 & wait"});
  EXPECT_EQ(writing.out.size(), 1000U);
  EXPECT_TRUE(ended_with(writing.exit, ExitKind::signalled, SIGKILL));
}

TEST_F(FaultTransportTest, ARefusalIsOfTheOpeningThatWasCounted) {
  make({.fault = "refuse", .at_command = 2});
  EXPECT_EQ(open(), Status::unreachable);
  EXPECT_EQ(open(), Status::ok);
  EXPECT_EQ(run({"echo", "here"}).out, "here\n");
}

TEST_F(FaultTransportTest, TheHookRunsBeforeTheCommandItIsMeantForAsAChildOfTheProgram) {
  const std::string hook = folder_ / "hook";
  write_file(hook, "#!/bin/sh\necho \"$CZB_FAULT_COMMAND $PPID\" > " + folder_ / "hooked\n");
  std::filesystem::permissions(hook, std::filesystem::perms::owner_all);
  make({.at_command = 2, .hook = hook});
  EXPECT_EQ(run({"cat", folder_ / "hooked"}).exit.code, 1);
  EXPECT_EQ(run({"cat", folder_ / "hooked"}).out, "2 " + std::to_string(::getpid()) + "\n");
}

TEST_F(FaultTransportTest, NothingOfAFaultIsLeft) {
  const std::size_t descriptors = open_descriptors();
  for (const std::string fault : {"cut", "garble", "drop", "fail", "kill"}) {
    SCOPED_TRACE(fault);
    make({.fault = fault, .after = 1000});
    run({"cat"}, text_);
    transport_.reset();
    EXPECT_EQ(open_descriptors(), descriptors);
    EXPECT_THAT(children(), IsEmpty());
  }
}

}  // namespace
}  // namespace czb
