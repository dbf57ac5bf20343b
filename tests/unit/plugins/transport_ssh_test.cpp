// SPDX-License-Identifier: MIT
// Sessions through the ssh transport, against a real sshd: what is carried, and what is left behind.
#include "plugins/ssh_transport_testing.h"

namespace czb {
namespace {

using namespace transport_test;  // NOLINT(google-build-using-namespace)

const std::string child = CZB_MISBEHAVING_CHILD;

using SshTransportTest = SshTransportFixture;

TEST_F(SshTransportTest, WordsArriveByteForByte) {
  TransportHandle& transport = open();
  const Words words = {"",  " ", "a b", "'",   "\"", "\\", "$HOME", "$(id)",    "`id`",         "line\nline", "\n",
                       "~", "*", "!!",  "a=b", "-n", "#",  "Grüße", "\xff\xfe", "\x01\x1b\x7f", "--",         ";"};
  Words argv = {"printf", "%s\\0"};
  argv.insert(argv.end(), words.begin(), words.end());
  const Outcome outcome = run(transport, argv);
  EXPECT_EQ(split_at_nul(outcome.out), words) << outcome.start_error << outcome.err;
}

TEST_F(SshTransportTest, CarriesDescriptorsAndExitStatus) {
  TransportHandle& transport = open();
  EXPECT_EQ(run(transport, {"cat"}, "through and back").out, "through and back");
  const Outcome complaining = run(transport, {"sh", "-c", "echo out; echo err >&2; exit 7"});
  EXPECT_EQ(complaining.out, "out\n");
  EXPECT_EQ(complaining.err, "err\n");
  EXPECT_TRUE(ended_with(complaining.exit, ExitKind::exited, 7));
  EXPECT_TRUE(ended_with(run(transport, {"true"}).exit, ExitKind::exited, 0));
  EXPECT_TRUE(ended_with(run(transport, {"no-such-program-there"}).exit, ExitKind::exited, 127));
}

TEST_F(SshTransportTest, GivesDevNullWhereNoDescriptorIsGiven) {
  TransportHandle& transport = open();
  Status status = Status::failed;
  std::string error;
  const ProcessPointer process = transport.start({"sh", "-c", "test -z \"$(cat)\" && echo ignored"}, {}, status, error);
  ASSERT_TRUE(process) << error;
  EXPECT_TRUE(ended_with(wait_for(*process), ExitKind::exited, 0));
}

TEST_F(SshTransportTest, StatusTwoHundredFiftyFiveMeansThatTheTransportFailed) {
  TransportHandle& transport = open();
  EXPECT_TRUE(ended_with(run(transport, {"sh", "-c", "exit 255"}).exit, ExitKind::transport_failed, 255));
  EXPECT_TRUE(ended_with(run(transport, {child, "die", "9"}).exit, ExitKind::transport_failed, 255));
}

TEST_F(SshTransportTest, TheFarEnvironmentIsTheCLocaleAndAdministratorsPath) {
  TransportHandle& transport = open();
  EXPECT_EQ(run(transport, {"sh", "-c", "printf %s $LC_ALL"}).out, "C");
  const std::string path = run(transport, {"sh", "-c", "printf %s \"$PATH\""}).out;
  EXPECT_TRUE(holds(path, ":/usr/local/sbin:/usr/sbin:/sbin")) << path;
}

TEST_F(SshTransportTest, CarriesALargeStreamBothWays) {
  std::string data(20'000'000, '\0');
  unsigned state = 1;
  for (char& byte : data) byte = static_cast<char>((state = state * 1664525U + 1013904223U) >> 24U);
  const Outcome outcome = run(open(), {"cat"}, data);
  EXPECT_TRUE(ended_with(outcome.exit, ExitKind::exited, 0));
  EXPECT_TRUE(outcome.out == data) << outcome.out.size();
}

TEST_F(SshTransportTest, ManyCommandsUseOneConnection) {
  TransportHandle& transport = open();
  for (int i = 0; i < 20; ++i) EXPECT_EQ(run(transport, {"echo", std::to_string(i)}).out, std::to_string(i) + "\n");
  close();
  EXPECT_EQ(server_->count_in_log("Accepted publickey"), 1U);
  EXPECT_EQ(server_->count_in_log("Connection from"), 1U);
}

TEST_F(SshTransportTest, CommandsRunAtTheSameTime) {
  TransportHandle& transport = open();
  struct Running {
    Pipe in;
    Pipe out;
    ProcessPointer process;
  };
  std::vector<Running> all;
  for (int i = 0; i < 8; ++i) {
    Running one{make_pipe(), make_pipe(), nullptr};
    Status status = Status::failed;
    std::string error;
    one.process = transport.start({"cat"}, {one.in.read_end.get(), one.out.write_end.get(), -1}, status, error);
    ASSERT_TRUE(one.process) << error;
    one.in.read_end.reset();
    one.out.write_end.reset();
    all.push_back(std::move(one));
  }
  for (std::size_t i = all.size(); i-- > 0;) {
    transport_test::write_all(all[i].in.write_end.get(), std::to_string(i) + "\n");
    EXPECT_EQ(read_line(all[i].out.read_end.get()), std::to_string(i));
  }
  for (Running& one : all) {
    one.in.write_end.reset();
    EXPECT_TRUE(ended_with(wait_for(*one.process), ExitKind::exited, 0));
  }
}

TEST_F(SshTransportTest, TheUsersConfigurationCannotUndoWhatMustHold) {
  // Each of these alone would break a run: the master would leave for the background, run something else, or ask.
  const std::string config = server_->write_config(
      "contrary",
      "ForkAfterAuthentication yes\nControlPersist yes\nRemoteCommand echo wrong\nRequestTTY force\n"
      "StdinNull yes\nBatchMode no\nPermitLocalCommand yes\nLocalCommand echo local\nControlMaster no\n"
      "ControlPath /nowhere/%h\nLocalForward 127.0.0.1:1 127.0.0.1:2\nExitOnForwardFailure yes\n"
      "ForwardAgent yes\nLogLevel QUIET");
  const std::vector<std::string_view> extra = {"ControlPersist=yes", "BatchMode=no", "ForkAfterAuthentication=yes"};
  options_.set("config", config).set("options", extra);
  TransportHandle& transport = open();
  const Outcome outcome = run(transport, {"cat"}, "as ever");
  EXPECT_EQ(outcome.out, "as ever") << outcome.start_error;
  EXPECT_EQ(outcome.err, "");
  EXPECT_GT(master_pid(children()), 0);
  EXPECT_EQ(run(transport, {"sh", "-c", "printf %s \"$SSH_AUTH_SOCK\""}).out, "");
}

TEST_F(SshTransportTest, ExtraOptionsReachSsh) {
  const ReservedPort closed;
  const std::string config = server_->write_config("portless", "Port " + std::to_string(closed.number()));
  const std::string port = "Port=" + std::to_string(server_->port());
  const std::vector<std::string_view> extra = {port};
  options_.set("config", config).set("options", extra);
  EXPECT_EQ(run(open(), {"echo", "there"}).out, "there\n");
}

TEST_F(SshTransportTest, TerminateEndsTheLocalSideAndClosesTheFarDescriptors) {
  TransportHandle& transport = open();
  Pipe in = make_pipe();
  Pipe out = make_pipe();
  const std::string mark = run_folder_ / "far-end-saw-the-end";
  Status status = Status::failed;
  std::string error;
  const ProcessPointer process = transport.start({"sh", "-c", "echo ready; cat >/dev/null; echo done > \"$0\"", mark},
                                                 {in.read_end.get(), out.write_end.get(), -1}, status, error);
  in.read_end.reset();
  out.write_end.reset();
  ASSERT_TRUE(process) << error;
  ASSERT_EQ(read_line(out.read_end.get()), "ready");
  process->terminate();
  EXPECT_EQ(wait_for(*process).kind, ExitKind::transport_failed);
  const auto deadline = Clock::now() + patience;
  while (!std::filesystem::exists(mark) && Clock::now() < deadline) {  // far away: no descriptor to wait on
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  EXPECT_TRUE(std::filesystem::remove(mark));
  EXPECT_EQ(run(transport, {"echo", "the others live"}).out, "the others live\n");
}

TEST_F(SshTransportTest, CloseLeavesNoProcessAndNoFolder) {
  TransportHandle& transport = open();
  ASSERT_EQ(run(transport, {"true"}).status, Status::ok);
  const pid_t master = master_pid(children());
  ASSERT_GT(master, 0);
  EXPECT_FALSE(run_folder_.is_empty());
  transport->close();
  EXPECT_TRUE(run_folder_.is_empty());
  EXPECT_FALSE(exists(master));
  EXPECT_EQ(children(), children_before_);
  EXPECT_EQ(run(transport, {"true"}).status, Status::failed);
  transport->close();
}

TEST_F(SshTransportTest, DestroyingClosesToo) {
  TransportHandle& transport = open();
  ASSERT_EQ(run(transport, {"true"}).status, Status::ok);
  transport.destroy();
  EXPECT_TRUE(run_folder_.is_empty());
  EXPECT_EQ(children(), children_before_);
}

TEST_F(SshTransportTest, CloseBeforeTheConnectionIsThereEndsTheProxyToo) {
  const std::string config = server_->write_config("proxied", "ProxyCommand " + child + " hang");
  options_.set("config", config);
  TransportHandle& transport = open();
  const pid_t master = master_pid(children());
  ASSERT_GT(master, 0);
  const auto deadline = Clock::now() + patience;
  while (processes_of_session(master).size() < 2 && Clock::now() < deadline) {  // ssh says nothing of its proxy
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  const auto begin = Clock::now();
  transport->close();
  EXPECT_LT(Clock::now() - begin, patience);  // which is the connect-timeout
  EXPECT_TRUE(run_folder_.is_empty());
  while (!processes_of_session(master).empty() && Clock::now() < deadline) {  // killed; init has yet to reap it
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  EXPECT_TRUE(processes_of_session(master).empty());
}

TEST_F(SshTransportTest, TwoHundredCommandsLeakNoDescriptor) {
  TransportHandle& transport = open();
  ASSERT_EQ(run(transport, {"true"}).status, Status::ok);
  const std::size_t before = open_descriptors();
  for (int i = 0; i < 200; ++i) {
    Status status = Status::failed;
    std::string error;
    const ProcessPointer process = transport.start({"true"}, {}, status, error);
    ASSERT_TRUE(process) << error;
    EXPECT_TRUE(ended_with(wait_for(*process), ExitKind::exited, 0));
  }
  EXPECT_EQ(open_descriptors(), before);
}

TEST_F(SshTransportTest, OpenAndCloseLeakNoDescriptor) {
  ASSERT_EQ(run(open(), {"true"}).status, Status::ok);
  close();
  const std::size_t before = open_descriptors();
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(run(open(), {"true"}).status, Status::ok);
    close();
  }
  EXPECT_EQ(open_descriptors(), before);
}

TEST_F(SshTransportTest, ADescribedCommandCanBePasted) {
  options_.set("use-sudo", 0);
  TransportHandle& transport = open();
  const std::string line = transport.describe({"printf", "%s\\0", "a b", "it's"});
  EXPECT_EQ(line.rfind("ssh -F " + server_->config() + " offsite 'env LC_ALL=C PATH=", 0), 0U) << line;
  Pipe out = make_pipe();
  LocalCommand command;
  command.argv = {"sh", "-c", line};
  command.descriptors.out = out.write_end.get();
  const LocalProcess::Pointer process = LocalProcess::start(command);
  out.write_end.reset();
  EXPECT_EQ(split_at_nul(read_all(out.read_end.get())), (Words{"a b", "it's"}));
}

TEST_F(SshTransportTest, SaysWhoItsPeerIs) {
  StringSink peer;
  open()->describe_peer(peer);
  EXPECT_EQ(peer.text(), "ssh offsite");
}

}  // namespace
}  // namespace czb
