// SPDX-License-Identifier: MIT
// Doctor on the links of an ssh connection that lie here: the real ssh and ssh-keygen, on files of the test.
#include <sys/stat.h>
#include <unistd.h>

#include "doctor/doctor_testing.h"
#include "doctor/ssh_checks.h"
#include "doctor/ssh_key.h"
#include "fixtures/temporary_folder.h"
#include "process/command.h"
#include "real_process.h"

namespace czb::doctor {
namespace {

using ::testing::ElementsAre;

class DoctorSsh : public ::testing::Test {
 protected:
  DoctorSsh() {
    here = this_machine();
    here.home = folder.path();
    here.has_agent = false;
    make_key("key");
    configure("IdentityFile " + folder / "key" + "\n");
    folder.file("known", "far.example " + text_of("key.pub"));
  }

  void make_key(const std::string& name, const std::string& passphrase = "") {
    ASSERT_TRUE(
        czb::run(*here.tools, {"ssh-keygen", "-q", "-t", "ed25519", "-N", passphrase, "-f", folder / name}).ok());
  }
  std::string text_of(const std::string& name) const {
    std::ifstream file(folder / name);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  }
  void configure(const std::string& lines) {
    folder.file("config", "Host far\n HostName far.example\n User backup\n IdentitiesOnly yes\n UserKnownHostsFile " +
                              folder / "known" + "\n GlobalKnownHostsFile /dev/null\n " + lines);
  }

  std::vector<Finding> check(const std::vector<std::string>& options = {}) {
    PluginChoice choice{"ssh", "the test", {}};
    choice.options.push_back({"destination", "far", "", ""});
    choice.options.push_back({"config", folder / "config", "", ""});
    if (!options.empty()) choice.options.push_back({"options", options, "", ""});
    std::vector<Finding> all;
    Findings findings(all, "home", "far");
    check_ssh(choice, findings, here);
    return all;
  }
  Finding key() { return finding_of(check(), "ssh-key"); }
  Finding host_key(const std::vector<std::string>& options = {}) { return finding_of(check(options), "host-key"); }

  const test::Deadline deadline;
  const TemporaryFolder folder;
  Surroundings here;
};

TEST_F(DoctorSsh, AKeyAndAKnownHostAreWell) {
  const auto all = check();
  EXPECT_THAT(checks_in(all, State::ok), ElementsAre("ssh-config", "ssh-key", "host-key"));
  EXPECT_THAT(finding_of(all, "ssh-config"), Tells(State::ok, "far is backup@far.example, port 22", ""));
  EXPECT_THAT(finding_of(all, "host-key"), Tells(State::ok, "far.example is known in " + folder / "known", ""));
}

TEST_F(DoctorSsh, AConfigurationThatSshDoesNotUnderstandFailsAndTheRestIsSkipped) {
  folder.file("config", "Host far\n Frobnicate yes\n");
  const auto all = check();
  EXPECT_THAT(finding_of(all, "ssh-config"), Tells(State::failed, "frobnicate", "ssh -G -F " + folder / "config"));
  EXPECT_THAT(checks_in(all, State::skipped), ElementsAre("ssh-key", "host-key"));
}

TEST_F(DoctorSsh, AMissingKeyIsNamed) {
  configure("IdentityFile " + folder / "absent" + "\n");
  EXPECT_THAT(key(), Tells(State::failed, folder / "absent", "ssh-keygen -t ed25519"));
  EXPECT_THAT(key(), Tells(State::failed, "", "a line that restricts it to the backup"));
  here.has_agent = true;
  EXPECT_THAT(key(), Tells(State::warning, "an agent may have it", "ssh-keygen -t ed25519"));
  configure("IdentityFile " + folder / "absent" + "\n IdentityAgent none\n");
  EXPECT_EQ(key().state, State::failed);
}

TEST_F(DoctorSsh, OneGoodKeyOfSeveralIsEnough) {
  configure("IdentityFile " + folder / "absent" + "\n IdentityFile ~/key\n");
  EXPECT_THAT(key(), Tells(State::ok, folder / "key", ""));
  configure("IdentityFile %d/key\n");
  EXPECT_THAT(key(), Tells(State::ok, folder / "key", ""));
}

TEST_F(DoctorSsh, AKeyThatOthersCanReadIsRefusedAsSshDoes) {
  ASSERT_EQ(::chmod((folder / "key").c_str(), 0640), 0);
  EXPECT_THAT(key(), Tells(State::failed, "others may read", "chmod 600 " + folder / "key"));
}

TEST_F(DoctorSsh, AKeyThatBelongsToAnotherIsTold) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give a file away";
  ASSERT_EQ(::chown((folder / "key").c_str(), 12345, 0), 0);
  EXPECT_THAT(key(), Tells(State::failed, "belongs to the user 12345", "chown " + here.user_name));
}

TEST_F(DoctorSsh, APassphraseAndNobodyToTypeItIsAFailureAndWithAnAgentAWarning) {
  make_key("secret", "hunter2");
  configure("IdentityFile " + folder / "secret" + "\n");
  EXPECT_THAT(key(), Tells(State::failed, "has a passphrase", "ssh-keygen -p -f"));
  here.has_agent = true;
  EXPECT_THAT(key(), Tells(State::warning, "has a passphrase", "ssh-keygen -p -f"));
}

TEST_F(DoctorSsh, WhatIsNoKeyIsTold) {
  ASSERT_EQ(::chmod(folder.file("noise", "not a key\n").c_str(), 0600), 0);
  configure("IdentityFile " + folder / "noise" + "\n");
  EXPECT_THAT(key(), Tells(State::failed, "cannot be used", "Make a new one"));
  EXPECT_THAT(key(), Tells(State::failed, "", "a line that restricts it to the backup"));
}

TEST_F(DoctorSsh, AnUnknownHostIsToldWithTheWayToMakeItKnown) {
  EXPECT_THAT(host_key({"Port=2222"}),
              Tells(State::failed, "no key of [far.example]:2222 is known in " + folder / "known",
                    "ssh -F " + folder / "config" + " -o Port=2222 -- far"));
  EXPECT_THAT(host_key({"HostKeyAlias=other"}), Tells(State::failed, "no key of other is known", "fingerprint"));
  EXPECT_THAT(host_key({"UserKnownHostsFile=/no/such/file"}), Tells(State::failed, "/no/such/file", "fingerprint"));
}

TEST_F(DoctorSsh, ARevokedKeyIsNotAKnownOne) {
  folder.file("known", "@revoked far.example " + text_of("key.pub"));
  EXPECT_EQ(host_key().state, State::failed);
}

TEST_F(DoctorSsh, WeakenedHostKeyCheckingIsAWarning) {
  EXPECT_THAT(host_key({"StrictHostKeyChecking=no"}), Tells(State::warning, "can pose as the host", "Take that out"));
  EXPECT_THAT(host_key({"StrictHostKeyChecking=accept-new", "Port=2222"}),
              Tells(State::warning, "the first one that is shown is believed", "fingerprint"));
}

TEST(SshOptions, AreTakenAsTheyWereWritten) {
  PluginChoice choice{"ssh", "the test", {}};
  choice.options = {{"destination", "root@far", "", ""},
                    {"program", "/opt/ssh", "", ""},
                    {"options", std::vector<std::string>{"Port=1", "Compression=yes"}, "", ""},
                    {"use-sudo", "true", "", ""}};
  const SshOptions options = ssh_options(choice);
  EXPECT_EQ(options.destination, "root@far");
  EXPECT_EQ(options.program, "/opt/ssh");
  EXPECT_EQ(options.config, "");
  EXPECT_THAT(options.options, ElementsAre("Port=1", "Compression=yes"));
}

}  // namespace
}  // namespace czb::doctor
