// SPDX-License-Identifier: MIT
#include "local_transport.h"
#include "plugins/transport_testing.h"

namespace czb {
namespace {

using namespace transport_test;  // NOLINT(google-build-using-namespace)

const std::string child = CZB_MISBEHAVING_CHILD;

constexpr PluginDescriptor descriptor =
    transport_descriptor<local::LocalTransport>("local", "1.0.0", "MIT", "test", local::option_table);

class LocalTransportTest : public ::testing::Test {
 protected:
  LocalTransportTest() : plain_(descriptor, Options(descriptor).arguments("/nowhere")) {
    StringSink error;
    EXPECT_EQ(plain_->open(error), Status::ok);
  }
  TransportHandle plain_;
};

TEST_F(LocalTransportTest, SaysWhoItsPeerIs) {
  StringSink peer;
  plain_->describe_peer(peer);
  EXPECT_EQ(peer.text(), "this machine");
}

TEST_F(LocalTransportTest, RunsACommandAsItIsWithItsDescriptorsAndExitStatus) {
  const Words argv = {child, "print-argv", "a b", "", "$HOME", "it's", "line\nline"};
  EXPECT_EQ(split_at_nul(run(plain_, argv).out), argv);
  EXPECT_EQ(run(plain_, {child, "echo"}, "through and back").out, "through and back");
  EXPECT_EQ(run(plain_, {child, "complain-lots", "26"}).err, "abcdefghijklmnopqrstuvwxyz");
  EXPECT_TRUE(ended_with(run(plain_, {child, "exit", "255"}).exit, ExitKind::exited, 255));
  EXPECT_TRUE(ended_with(run(plain_, {child, "die", "9"}).exit, ExitKind::signalled, 9));
}

TEST_F(LocalTransportTest, DescribesACommandThatCanBePasted) {
  const Words argv = {child, "print-argv", "a b", "it's"};
  EXPECT_EQ(plain_.describe(argv), child + R"( print-argv 'a b' 'it'\''s')");
  EXPECT_EQ(split_at_nul(run(plain_, {"sh", "-c", plain_.describe(argv)}).out), argv);
}

TEST_F(LocalTransportTest, AMissingProgramIsAFailureAndNotUnreachable) {
  const Outcome outcome = run(plain_, {"no-such-program-here"});
  EXPECT_EQ(outcome.status, Status::failed);
  EXPECT_NE(outcome.start_error.find("no such program"), std::string::npos) << outcome.start_error;
}

TEST_F(LocalTransportTest, RefusesAFirstWordThatACarrierWouldMistake) {
  for (const Words& argv : {Words{}, Words{""}, Words{"-x"}, Words{"A=b"}, Words{child, std::string("\0", 1)}}) {
    const Outcome outcome = run(plain_, argv);
    EXPECT_EQ(outcome.status, Status::failed);
    EXPECT_NE(outcome.start_error.find("cannot start"), std::string::npos) << outcome.start_error;
  }
}

TEST_F(LocalTransportTest, CloseAndOpenMayBeCalledAtAnyTime) {
  plain_->close();
  plain_->close();
  StringSink error;
  EXPECT_EQ(plain_->open(error), Status::ok);
}

TEST(LocalTransportWithSudo, PutsSudoBeforeTheCommand) {
  const TemporaryFolder folder;
  write_file(folder / "sudo", "#!/bin/sh\nprintf '%s\\0' \"$@\"\n");
  std::filesystem::permissions(folder / "sudo", std::filesystem::perms::owner_all);
  const PathIs path(folder.path() + ":" + present_path());
  TransportHandle transport(descriptor, Options(descriptor).set("use-sudo", 1).arguments("/nowhere"));
  EXPECT_EQ(transport.describe({"zfs", "a b"}), "sudo -n zfs 'a b'");
  EXPECT_EQ(split_at_nul(run(transport, {"zfs", "a b"}).out), (Words{"-n", "zfs", "a b"}));
}

}  // namespace
}  // namespace czb
