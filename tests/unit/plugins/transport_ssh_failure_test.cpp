// SPDX-License-Identifier: MIT
// The ssh transport when something is wrong: no connection, a lost one, settings that cannot work.
#include "failure_text.h"
#include "plugins/ssh_transport_testing.h"
#include "remote_command.h"

namespace czb {
namespace {

using namespace transport_test;  // NOLINT(google-build-using-namespace)

using SshTransportFailureTest = SshTransportFixture;

TEST_F(SshTransportFailureTest, OpenDoesNotWaitForTheFarEnd) {
  const SilentServer silent;
  const std::string config = server_->write_config("silent", "Port " + std::to_string(silent.port()));
  options_.set("config", config);
  const auto begin = Clock::now();
  open();
  EXPECT_LT(Clock::now() - begin, patience);  // which is the connect-timeout
}

TEST_F(SshTransportFailureTest, AClosedPortIsUnreachable) {
  const ReservedPort closed;
  const std::string config = server_->write_config("closed", "Port " + std::to_string(closed.number()));
  options_.set("config", config);
  const std::string error = unreachable();
  EXPECT_TRUE(holds(error, "cannot reach ssh offsite: ssh: connect to host 127.0.0.1 port ")) << error;
  EXPECT_TRUE(holds(error, "Connection refused (is the host up")) << error;
}

TEST_F(SshTransportFailureTest, AKeyThatIsNotAcceptedIsUnreachable) {
  const std::string config = server_->write_config("stranger", "IdentityFile " + *server_ / "stranger_key");
  std::filesystem::copy_file(*server_ / "stranger_key.pub", *server_ / "authorized_keys",
                             std::filesystem::copy_options::overwrite_existing);
  std::filesystem::rename(*server_ / "stranger_key", *server_ / "elsewhere");
  options_.set("config", config);
  const std::string error = unreachable();
  EXPECT_TRUE(holds(error, "Permission denied (publickey)")) << error;
  EXPECT_TRUE(holds(error, "IdentityFile") && holds(error, "restricts it to the backup") &&
              holds(error, "`cyber-zfs-backup setup`"))
      << error;
  EXPECT_FALSE(holds(error, "ssh-copy-id")) << error;
}

TEST_F(SshTransportFailureTest, AnUnknownHostKeyIsUnreachableAndIsNotLearnt) {
  write_file(*server_ / "known_hosts", "");
  const std::string error = unreachable();
  EXPECT_TRUE(holds(error, "Host key verification failed")) << error;
  EXPECT_TRUE(holds(error, "connect once by hand") && holds(error, "fingerprint")) << error;
  EXPECT_EQ(read_file(*server_ / "known_hosts"), "");
}

TEST_F(SshTransportFailureTest, AnotherHostKeyIsUnreachableAndSaysThatItChanged) {
  std::string known = read_file(*server_ / "known_hosts");
  known.replace(known.find("ssh-ed25519"), std::string::npos, read_file(*server_ / "stranger_key.pub"));
  write_file(*server_ / "known_hosts", known);
  const std::string error = unreachable();
  EXPECT_TRUE(holds(error, "Host key verification failed")) << error;
  EXPECT_TRUE(holds(error, "another key than the one known")) << error;
  EXPECT_FALSE(holds(error, "@@@")) << error;
}

TEST_F(SshTransportFailureTest, AServerThatSaysNothingIsUnreachableAfterTheConnectTimeout) {
  const SilentServer silent;
  const std::string config = server_->write_config("silent", "Port " + std::to_string(silent.port()));
  options_.set("config", config).set("connect-timeout", 2);
  const std::string error = unreachable();
  EXPECT_TRUE(holds(error, "timed out") && holds(error, "is the host up")) << error;
}

TEST_F(SshTransportFailureTest, AnUnknownNameIsUnreachable) {
  // No name server is asked for one with an empty part.
  const std::string config = server_->write_config("nameless", "HostName no-such-host..invalid");
  options_.set("config", config);
  const std::string error = unreachable();
  EXPECT_TRUE(holds(error, "Could not resolve hostname") && holds(error, "spelling")) << error;
}

TEST_F(SshTransportFailureTest, AMistakeInTheConfigurationNamesTheFile) {
  const std::string config = server_->write_config("mistaken", "Frobnicate yes");
  options_.set("config", config);
  const std::string error = unreachable();
  EXPECT_TRUE(holds(error, "Bad configuration option: frobnicate")) << error;
  EXPECT_TRUE(holds(error, "correct the ssh configuration file " + config)) << error;
}

TEST_F(SshTransportFailureTest, AMistakeInTheOptionsSaysSo) {
  const std::vector<std::string_view> extra = {"Frobnicate=yes"};
  options_.set("options", extra);
  const std::string error = unreachable();
  EXPECT_TRUE(holds(error, "frobnicate") && holds(error, "`options`")) << error;
}

TEST_F(SshTransportFailureTest, WhenTheMasterDiesRunningCommandsFailAndNothingConnectsAgain) {
  TransportHandle& transport = open();
  const Listening far = start_listening();
  ASSERT_TRUE(far.process);

  const pid_t master = master_pid(children());
  ASSERT_GT(master, 0);
  ::kill(master, SIGKILL);
  EXPECT_TRUE(ended_with(wait_for(*far.process), ExitKind::transport_failed, 255));
  EXPECT_EQ(read_all(far.out.get()), "");
  wait_until_ended(master);

  const Outcome next = run(transport, {"true"});
  EXPECT_EQ(next.status, Status::unreachable);
  EXPECT_TRUE(holds(next.start_error, "the connection to ssh offsite was lost")) << next.start_error;
  EXPECT_EQ(server_->count_in_log("Connection from"), 1U);
}

TEST_F(SshTransportFailureTest, ASessionWithoutItsMasterNeverConnectsByItself) {
  // What start would run in the moment after the master died: its check cannot see every case.
  ssh::Settings settings;
  settings.destination = "offsite";
  settings.config = server_->config();
  TransportHandle& transport = open();
  ASSERT_EQ(run(transport, {"true"}).status, Status::ok);
  std::string stale;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(run_folder_.path())) {
    if (entry.is_socket()) stale = entry.path();
  }
  ASSERT_FALSE(stale.empty());
  const pid_t master = master_pid(children());
  ASSERT_GT(master, 0);
  ::kill(master, SIGKILL);
  wait_until_ended(master);
  ASSERT_EQ(run(transport, {"true"}).status, Status::unreachable);
  for (const std::string& socket : {stale, std::string("/nowhere/control")}) {
    LocalCommand command;
    command.argv = ssh::session_argv(settings, socket, ssh::remote_command({"true"}, false));
    EXPECT_TRUE(ended_with(wait_for(*LocalProcess::start(command)), ExitKind::exited, 255));
  }
  EXPECT_EQ(server_->count_in_log("Connection from"), 1U);
}

TEST_F(SshTransportFailureTest, AServerThatFallsSilentEndsRunningCommands) {
  options_.set("alive-interval", 1).set("alive-count", 2);
  TransportHandle& transport = open();
  const Listening far = start_listening();
  ASSERT_TRUE(far.process);
  const pid_t master = master_pid(children());
  ASSERT_GT(master, 0);
  server_->stop_answering();  // alive, but silent
  EXPECT_TRUE(ended_with(wait_for(*far.process), ExitKind::transport_failed, 255));
  wait_until_ended(master);
  const Outcome next = run(transport, {"true"});
  EXPECT_EQ(next.status, Status::unreachable);
  EXPECT_TRUE(holds(next.start_error, "not responding")) << next.start_error;
}

TEST_F(SshTransportFailureTest, AnInterruptedRunDoesNotWaitForTheConnection) {
  const SilentServer silent;
  const std::string config = server_->write_config("silent", "Port " + std::to_string(silent.port()));
  options_.set("config", config);
  Pipe interrupt = make_pipe();
  CreateArguments arguments = options_.arguments(run_folder_.path());
  arguments.interrupt_descriptor = interrupt.read_end.get();
  transport_.emplace(ssh_descriptor, arguments);
  StringSink error;
  ASSERT_EQ((*transport_)->open(error), Status::ok);
  transport_test::write_all(interrupt.write_end.get(), "!");
  const Outcome outcome = run(*transport_, {"true"});
  EXPECT_EQ(outcome.status, Status::failed);
  EXPECT_TRUE(holds(outcome.start_error, "interrupted")) << outcome.start_error;
}

TEST_F(SshTransportFailureTest, RefusesDestinationsThatSshWouldMisread) {
  for (const char* destination : {"", "-oProxyCommand=id", "root@-x", "two words", "line\nline"}) {
    options_.set("destination", destination);
    EXPECT_TRUE(holds(created_error(), "the destination ")) << created_error();
  }
}

TEST_F(SshTransportFailureTest, RefusesAConfigurationFileThatCannotBeRead) {
  options_.set("config", "/nowhere/config");
  EXPECT_EQ(created_error(),
            "transport ssh: the option config: cannot read the ssh configuration file '/nowhere/config': No such file "
            "or directory");
  options_.set("config", "/");
  EXPECT_TRUE(holds(created_error(), "not a regular file")) << created_error();
}

TEST_F(SshTransportFailureTest, RefusesNumbersThatSshCouldNotUse) {
  options_.set("connect-timeout", 0);
  EXPECT_TRUE(holds(created_error(), "connect-timeout is 0: it must lie between 1 and")) << created_error();
  options_.set("connect-timeout", 5).set("alive-count", 0);
  EXPECT_TRUE(holds(created_error(), "alive-count")) << created_error();
}

TEST_F(SshTransportFailureTest, SaysWhenTheClientIsMissing) {
  options_.set("program", "no-such-ssh");
  transport_.emplace(ssh_descriptor, options_.arguments(run_folder_.path()));
  StringSink error;
  EXPECT_EQ((*transport_)->open(error), Status::failed);
  EXPECT_TRUE(holds(error.text(), "no-such-ssh: no such program")) << error.text();
  EXPECT_TRUE(run_folder_.is_empty());
}

TEST_F(SshTransportFailureTest, SaysWhenTheRunDirectoryIsTooLongForASocket) {
  const std::string deep = run_folder_ / std::string(90, 'd');
  std::filesystem::create_directory(deep);
  transport_.emplace(ssh_descriptor, options_.arguments(deep));
  StringSink error;
  EXPECT_EQ((*transport_)->open(error), Status::failed);
  EXPECT_TRUE(holds(error.text(), "bytes too long for a socket")) << error.text();
  std::filesystem::remove(deep);
}

TEST_F(SshTransportFailureTest, TheLongestRunDirectoryThatIsAllowedWorks) {
  // 107 bytes for a socket's path, less 17 that ssh appends, less /ssh-XXXXXX/control, less the slash before the name.
  const std::size_t length = 107 - 17 - 19 - run_folder_.path().size() - 1;
  for (const bool fits : {true, false}) {
    const std::string deep = run_folder_ / std::string(fits ? length : length + 1, '%');  // ssh's escape character, too
    std::filesystem::create_directory(deep);
    transport_.emplace(ssh_descriptor, options_.arguments(deep));
    StringSink error;
    ASSERT_EQ((*transport_)->open(error), fits ? Status::ok : Status::failed) << error.text();
    if (fits) {
      EXPECT_EQ(run(*transport_, {"echo", "fits"}).out, "fits\n");
    }
    close();
    EXPECT_TRUE(std::filesystem::remove(deep));
  }
}

TEST(SshFailureText, IsOneLineWithoutRulesAndControlCharacters) {
  EXPECT_EQ(ssh::as_one_line("  one\r\n\n@@@@@@@@\ntwo\x1b[1m\n"), "one; two?[1m");
  const std::string lengthy = ssh::as_one_line(std::string(2000, 'x') + "\nthe end");
  EXPECT_LT(lengthy.size(), 600U);
  EXPECT_EQ(lengthy.substr(lengthy.size() - 9), "; the end");
  EXPECT_EQ(ssh::as_one_line(""), "");
}

TEST(SshFailureText, SaysOnlyWhatHappenedWhereItKnowsNoRemedy) {
  EXPECT_EQ(ssh::failure_sentence("cannot reach ssh x", "something new\n", {}), "cannot reach ssh x: something new");
  EXPECT_EQ(ssh::failure_sentence("cannot reach ssh x", "", {}), "cannot reach ssh x");
}

}  // namespace
}  // namespace czb
