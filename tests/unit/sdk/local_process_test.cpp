// SPDX-License-Identifier: MIT
#include "cyber-zfs-backup/local_process.h"

#include <sys/resource.h>

#include <thread>

#include "process_testing.h"

namespace czb {
namespace {

using namespace transport_test;  // NOLINT(google-build-using-namespace)

const std::string child = CZB_MISBEHAVING_CHILD;

LocalProcess::Pointer start(const Words& argv, StandardDescriptors descriptors = {}) {
  LocalCommand command;
  command.argv = argv;
  command.descriptors = descriptors;
  return LocalProcess::start(command);
}

// Standard output of a program that is run to its end.
std::string output_of(const LocalCommand& command) {
  Pipe out = make_pipe();
  LocalCommand with_output = command;
  with_output.descriptors.out = out.write_end.get();
  const LocalProcess::Pointer process = LocalProcess::start(with_output);
  out.write_end.reset();
  std::string text = read_all(out.read_end.get());
  EXPECT_TRUE(ended_with(wait_for(*process), ExitKind::exited, 0));
  return text;
}

std::string output_of(const Words& argv) {
  LocalCommand command;
  command.argv = argv;
  return output_of(command);
}

std::string start_failure(const Words& argv) {
  try {
    start(argv);
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "(started)";
}

// A child that has said its first line, and the end of its output.
struct Talking {
  LocalProcess::Pointer process;
  Descriptor out;
  std::string first_line;
};

Talking start_talking(const Words& argv) {
  Pipe out = make_pipe();
  Talking talking{start(argv, {-1, out.write_end.get(), -1}), std::move(out.read_end), ""};
  out.write_end.reset();
  talking.first_line = read_line(talking.out.get());
  return talking;
}

TEST(LocalProcess, HandsOverItsWordsByteForByte) {
  const Words argv = {child, "print-argv", "", " ", "a b", "$HOME", "`id`", "'\"\\", "line\nline", "\xff\xfe", "*"};
  EXPECT_EQ(split_at_nul(output_of(argv)), argv);
}

TEST(LocalProcess, ReportsTheExitStatus) {
  EXPECT_TRUE(ended_with(wait_for(*start({child, "exit", "0"})), ExitKind::exited, 0));
  EXPECT_TRUE(ended_with(wait_for(*start({child, "exit", "7"})), ExitKind::exited, 7));
  EXPECT_TRUE(ended_with(wait_for(*start({child, "exit", "255"})), ExitKind::exited, 255));
}

TEST(LocalProcess, ReportsTheSignalThatEndedIt) {
  EXPECT_TRUE(ended_with(wait_for(*start({child, "die", std::to_string(SIGKILL)})), ExitKind::signalled, SIGKILL));
  EXPECT_TRUE(ended_with(wait_for(*start({child, "die", std::to_string(SIGPIPE)})), ExitKind::signalled, SIGPIPE));
}

TEST(LocalProcess, WaitAnswersTheSameAgain) {
  const LocalProcess::Pointer process = start({child, "exit", "3"});
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(ended_with(wait_for(*process), ExitKind::exited, 3));
}

TEST(LocalProcess, AppliesTheExitMapperOnce) {
  LocalCommand command;
  command.argv = {child, "exit", "9"};
  command.map_exit = [](ExitStatus status) { return ExitStatus{ExitKind::transport_failed, status.code + 1}; };
  const LocalProcess::Pointer process = LocalProcess::start(command);
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(ended_with(wait_for(*process), ExitKind::transport_failed, 10));
}

TEST(LocalProcess, ReadyDescriptorPollsReadableOnlyAfterTheEnd) {
  Pipe in = make_pipe();
  const LocalProcess::Pointer process = start({child, "echo"}, {in.read_end.get(), -1, -1});
  in.read_end.reset();
  EXPECT_FALSE(readable_within(process->ready_descriptor(), std::chrono::milliseconds(50)));
  EXPECT_FALSE(process->ended_within(std::chrono::milliseconds(1)));
  in.write_end.reset();
  EXPECT_TRUE(readable_within(process->ready_descriptor(), patience));
  wait_for(*process);
  EXPECT_TRUE(readable_within(process->ready_descriptor(), std::chrono::milliseconds(0)));
}

TEST(LocalProcess, NamesAMissingProgramAndThePathItSearched) {
  const std::string error = start_failure({"no-such-program-here"});
  EXPECT_NE(error.find("cannot start no-such-program-here: no such program in "), std::string::npos) << error;
  EXPECT_NE(error.find("/usr/sbin"), std::string::npos) << error;
}

TEST(LocalProcess, ReportsAFailingExec) {
  const TemporaryFolder folder;
  write_file(folder / "data", "not a program");
  EXPECT_EQ(start_failure({folder / "data"}), "cannot start " + folder / "data" + ": Permission denied");
  std::filesystem::permissions(folder / "data", std::filesystem::perms::owner_all);
  EXPECT_EQ(start_failure({folder / "data"}), "cannot start " + folder / "data" + ": Exec format error");
  EXPECT_EQ(start_failure({folder / "none"}), "cannot start " + folder / "none" + ": No such file or directory");
  EXPECT_TRUE(children().empty());
}

TEST(LocalProcess, RefusesWhatNoArgvCanHold) {
  EXPECT_NE(start_failure({}).find("without words"), std::string::npos);
  EXPECT_NE(start_failure({""}).find("without a name"), std::string::npos);
  EXPECT_NE(start_failure({child, std::string("a\0b", 3)}).find("NUL"), std::string::npos);
}

TEST(LocalProcess, ReportsADescriptorThatIsNotOpen) {
  try {
    start({child, "exit", "0"}, {-1, 1023, -1});
    FAIL() << "started";
  } catch (const std::runtime_error& error) {
    EXPECT_NE(std::string(error.what()).find("its descriptors: Bad file descriptor"), std::string::npos)
        << error.what();
  }
  EXPECT_TRUE(children().empty());
}

TEST(LocalProcess, GivesDevNullWhereNoDescriptorIsGiven) {
  EXPECT_EQ(output_of({"sh", "-c", "readlink /proc/self/fd/0 /proc/$$/fd/2"}), "/dev/null\n/dev/null\n");
}

TEST(LocalProcess, LeavesNoOtherDescriptorOpenInTheChild) {
  const Descriptor leaky(::open("/dev/null", O_RDONLY));  // not close-on-exec
  const Descriptor high(::fcntl(leaky.get(), F_DUPFD, 200));
  ASSERT_GE(high.get(), 200);
  EXPECT_EQ(output_of({child, "list-descriptors"}), "0 1 2 ");
}

// Runs `body` in a forked copy of this process and returns its exit status.
template <typename Body>
int in_a_fork(Body&& body) {
  const pid_t pid = ::fork();
  if (pid == 0) ::_exit(body());
  int status = 0;
  ::waitpid(pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

TEST(LocalProcess, WorksInAProcessWhoseStandardDescriptorsAreClosed) {
  EXPECT_EQ(in_a_fork([] {
              for (int number = 0; number < 3; ++number) ::close(number);
              Pipe in = make_pipe();   // 0 and 1
              Pipe out = make_pipe();  // 2 and 3
              const auto process = start({child, "echo"}, {in.read_end.get(), out.write_end.get(), -1});
              in.read_end.reset();
              out.write_end.reset();
              transport_test::write_all(in.write_end.get(), "through");
              in.write_end.reset();
              return read_all(out.read_end.get()) == "through" && out.read_end.get() == 2 ? 0 : 1;
            }),
            0);
}

TEST(LocalProcess, CarriesStandardDescriptorsInAnyOrderAndTwice) {
  const TemporaryFolder folder;
  EXPECT_EQ(in_a_fork([&] {
              const int input = ::open((folder / "in").c_str(), O_RDWR | O_CREAT, 0600);
              const int output = ::open((folder / "out").c_str(), O_RDWR | O_CREAT, 0600);
              if (::write(input, "swapped", 7) != 7 || ::lseek(input, 0, SEEK_SET) != 0) return 1;
              ::dup2(output, 0);  // crosswise: 0 is to become the child's 1 and 2, and 1 its 0
              ::dup2(input, 1);
              const auto process = start({"sh", "-c", "cat; echo twice >&2"}, {1, 0, 0});
              return wait_for(*process).code;
            }),
            0);
  EXPECT_EQ(read_file(folder / "out"), "swappedtwice\n");
}

TEST(LocalProcess, GivesAnInheritedStandardDescriptorOnUnderItsOwnNumber) {
  EXPECT_TRUE(
      ended_with(wait_for(*start({"sh", "-c", "test -e /proc/self/fd/2 && : >&2"}, {-1, -1, 2})), ExitKind::exited, 0));
}

TEST(LocalProcess, StartsWithNoSignalBlockedOrIgnored) {
  sigset_t blocked;
  sigset_t before;
  ::sigemptyset(&blocked);
  ::sigaddset(&blocked, SIGTERM);
  ::sigaddset(&blocked, SIGINT);
  ::pthread_sigmask(SIG_BLOCK, &blocked, &before);
  const auto pipe_before = ::signal(SIGPIPE, SIG_IGN);
  const std::string signals = output_of({child, "list-signals"});
  ::signal(SIGPIPE, pipe_before);
  sigset_t now;
  ::pthread_sigmask(SIG_SETMASK, &before, &now);
  EXPECT_EQ(signals, "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
  EXPECT_EQ(::sigismember(&now, SIGTERM), 1);  // and ours is as it was
  EXPECT_EQ(::sigismember(&now, SIGUSR1), 0);
}

TEST(LocalProcess, HasAProcessGroupOrIfAskedASessionOfItsOwn) {
  for (const bool new_session : {false, true}) {
    LocalCommand command;
    command.argv = {child, "identity"};
    command.new_session = new_session;
    pid_t pid = 0;
    pid_t group = 0;
    pid_t session = 0;
    std::istringstream(output_of(command)) >> pid >> group >> session;
    EXPECT_EQ(group, pid);
    EXPECT_EQ(session, new_session ? pid : ::getsid(0));
  }
}

TEST(LocalProcess, HasOurEnvironmentWithTheCLocaleAndItsAdditions) {
  ::setenv("CZB_INHERITED", "ours", 1);
  ::setenv("LC_ALL", "de_DE.UTF-8", 1);
  EXPECT_EQ(output_of({child, "environment", "CZB_INHERITED"}), "ours");
  EXPECT_EQ(output_of({child, "environment", "LC_ALL"}), "C");
  EXPECT_EQ(output_of({child, "environment", "PATH"}), search_path());
  LocalCommand command;
  command.argv = {child, "environment", "CZB_INHERITED"};
  command.environment = {"CZB_INHERITED=theirs"};
  EXPECT_EQ(output_of(command), "theirs");
  ::unsetenv("CZB_INHERITED");
  ::unsetenv("LC_ALL");
}

TEST(LocalProcess, SearchesThePlacesOfAdministratorsProgramsToo) {
  {
    const PathIs path("/usr/bin:/bin");
    EXPECT_EQ(search_path(), "/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin");
  }
  const PathIs path("/sbin:/usr/sbin");
  EXPECT_EQ(search_path(), "/sbin:/usr/sbin:/usr/local/sbin");
}

TEST(LocalProcess, FindsNoProgramThroughARelativePathEntry) {
  const TemporaryFolder folder;
  std::filesystem::copy_file("/bin/true", folder / "only-here");
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(folder.path());
  for (const char* entry : {".", "", "::"}) {
    const PathIs path(std::string(entry) + ":/bin");
    EXPECT_NE(start_failure({"only-here"}).find("no such program"), std::string::npos);
  }
  {
    const PathIs path("/bin:" + folder.path());
    EXPECT_EQ(start_failure({"only-here"}), "(started)");
  }
  std::filesystem::current_path(before);
}

TEST(LocalProcess, SkipsWhatMayNotBeExecutedAndSaysSoWhenNothingElseIsThere) {
  const TemporaryFolder folder;
  write_file(folder / "czb-plain-file", "");
  const PathIs path(folder.path() + ":/bin");
  EXPECT_EQ(start_failure({"czb-plain-file"}),
            "cannot start czb-plain-file: " + folder / "czb-plain-file" + " may not be executed");
}

TEST(LocalProcess, EndsOnTheFirstTerminateWhenItBehaves) {
  const Talking talking = start_talking({child, "hang"});
  talking.process->terminate();
  EXPECT_TRUE(ended_with(wait_for(*talking.process), ExitKind::signalled, SIGTERM));
  talking.process->terminate();  // nothing is there any more
}

TEST(LocalProcess, EndsByForceOnTheSecondTerminate) {
  const Talking talking = start_talking({child, "ignore-sigterm"});
  talking.process->terminate();
  EXPECT_FALSE(talking.process->ended_within(std::chrono::milliseconds(100)));
  talking.process->terminate();
  EXPECT_TRUE(ended_with(wait_for(*talking.process), ExitKind::signalled, SIGKILL));
}

TEST(LocalProcess, EndsAStoppedProgramOnTheFirstTerminate) {
  const Talking talking = start_talking({child, "stop"});
  siginfo_t info = {};
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(talking.process->pid()), &info, WSTOPPED | WNOWAIT), 0);
  talking.process->terminate();
  EXPECT_TRUE(ended_with(wait_for(*talking.process), ExitKind::signalled, SIGTERM));
}

TEST(LocalProcess, ReleaseEndsByForceAndReaps) {
  Talking talking = start_talking({child, "ignore-sigterm"});
  const pid_t pid = talking.process->pid();
  EXPECT_EQ(children(), std::vector<pid_t>{pid});
  talking.process.reset();
  EXPECT_TRUE(children().empty());
  EXPECT_EQ(read_all(talking.out.get()), "");
}

TEST(LocalProcess, WaitDoesNotWaitForAGrandchildThatHoldsTheOutput) {
  const Talking talking = start_talking({child, "leave-grandchild"});
  EXPECT_TRUE(ended_with(wait_for(*talking.process), ExitKind::exited, 0));
  EXPECT_FALSE(readable_within(talking.out.get(), std::chrono::milliseconds(50)));
}

TEST(LocalProcess, ReleaseEndsAGrandchildThatHoldsTheOutput) {
  Talking talking = start_talking({child, "leave-grandchild"});
  wait_for(*talking.process);
  talking.process.reset();
  EXPECT_EQ(read_all(talking.out.get()), "");
}

TEST(LocalProcess, TerminateEndsAGrandchildThatHoldsTheOutput) {
  const Talking talking = start_talking({child, "leave-grandchild"});
  wait_for(*talking.process);
  talking.process->terminate();
  EXPECT_EQ(read_all(talking.out.get()), "");
}

TEST(LocalProcess, EndsWhenItsParentDies) {
  Pipe out = make_pipe();
  EXPECT_EQ(in_a_fork([&] {
              const LocalProcess* process = start({child, "hang"}, {-1, out.write_end.get(), -1}).release();
              return process != nullptr ? 0 : 1;  // the fork ends without release()
            }),
            0);
  out.write_end.reset();
  const std::string said = read_all(out.read_end.get());  // ends only when the child has
  EXPECT_TRUE(said.empty() || said == "hanging\n") << said;
}

TEST(LocalProcess, CarriesALargeStream) {
  const std::string text = output_of({child, "write-lots", "50000000"});
  ASSERT_EQ(text.size(), 50000000U);
  for (std::size_t i = 0; i < text.size(); i += 9973) ASSERT_EQ(text[i], static_cast<char>('a' + i % 26));
}

TEST(LocalProcess, DiesOfABrokenPipeAsOtherProgramsDo) {
  Pipe out = make_pipe();
  const LocalProcess::Pointer process = start({child, "write-lots", "50000000"}, {-1, out.write_end.get(), -1});
  out.write_end.reset();
  out.read_end.reset();
  EXPECT_TRUE(ended_with(wait_for(*process), ExitKind::signalled, SIGPIPE));
}

TEST(LocalProcess, ClosingItsInputDoesNotDisturbUs) {
  Pipe in = make_pipe();
  Pipe out = make_pipe();
  const LocalProcess::Pointer process = start({child, "close-stdin"}, {in.read_end.get(), out.write_end.get(), -1});
  in.read_end.reset();
  EXPECT_EQ(read_line(out.read_end.get()), "closed");
  pollfd entry = {in.write_end.get(), POLLOUT, 0};
  EXPECT_EQ(::poll(&entry, 1, 0), 1);
  EXPECT_NE(entry.revents & POLLERR, 0);
}

TEST(LocalProcess, TwoHundredRunsLeakNoDescriptorAndNoProcess) {
  const std::size_t before = open_descriptors();
  for (int i = 0; i < 200; ++i) {
    EXPECT_TRUE(ended_with(wait_for(*start({child, "exit", "1"})), ExitKind::exited, 1));
    EXPECT_EQ(start_failure({"/no/such/program"}).find("(started)"), std::string::npos);
  }
  EXPECT_EQ(open_descriptors(), before);
  EXPECT_TRUE(children().empty());
}

TEST(LocalProcess, FailsCleanlyWithoutFreeDescriptors) {
  EXPECT_EQ(in_a_fork([] {
              const rlim_t limit = open_descriptors() + 1;
              const rlimit tight = {limit, limit};
              ::setrlimit(RLIMIT_NOFILE, &tight);
              const std::string error = start_failure({child, "exit", "0"});
              return error.find("Too many open files") != std::string::npos && children().empty() ? 0 : 1;
            }),
            0);
}

TEST(LocalProcess, CanBeStartedFromSeveralThreadsAtOnce) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([i] {
      for (int k = 0; k < 25; ++k) {
        const std::string word = std::to_string(i * 100 + k);
        EXPECT_EQ(output_of({"echo", word}), word + "\n");
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_TRUE(children().empty());
}

}  // namespace
}  // namespace czb
