// SPDX-License-Identifier: MIT
// `setup` at the sender with the real ssh-keygen, ssh-keyscan and ssh, and a real sshd on 127.0.0.1 (setup/sender.h).
#include "setup/sender.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include "cyber-zfs-backup/shell_quote.h"
#include "setup/local_command.h"
#include "setup/path_state.h"
#include "setup/setup_testing.h"
#include "sshd_testing.h"

namespace czb::setup {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using transport_test::TestSshd;

class SetupSender : public ::testing::Test {
 protected:
  SetupSender() {
    options_.key = folder_ / "ssh/id_ed25519";
    options_.known_hosts = folder_ / "ssh/known_hosts";
    options_.host_name = "127.0.0.1";
    options_.port = std::to_string(sshd_.port());
    options_.yes = true;
    far_end_.destination = "offsite";
    far_end_.config = folder_ / "config";
    far_end_.datasets = {"offsite/zippy"};
    far_end_.pushed_to = true;
    far_end_.users = {"target offsite of job zippy"};
    scan_fingerprint_ = parse_fingerprint(output_of({"ssh-keygen", "-lf", sshd_ / "host_key.pub"}));
  }

  FarEndOutcome set_up() {
    SenderSetup setup(options_,
                      {[this](const std::string& text) { said_ += text; },
                       [this](const std::string& question) {
                         asked_ += question;
                         return answer_;
                       }},
                      scratch_.path());
    setup.make_key();
    const FarEndOutcome outcome = setup.set_up(far_end_);
    setup.tell_receivers_part(outcome);
    return outcome;
  }

  std::string known_hosts() const { return text_of_file(options_.known_hosts); }
  std::string host_line() const {
    const PublicKey key = parse_public_key(transport_test::read_file(sshd_ / "host_key.pub"));
    return "[127.0.0.1]:" + options_.port + " " + key.type + " " + key.base64 + "\n";
  }
  // Another key for that host is known.
  void know_another() {
    std::filesystem::create_directories(folder_ / "ssh");
    transport_test::write_file(options_.known_hosts,
                               "[127.0.0.1]:" + options_.port + " ssh-ed25519 " + other_blob + "\n");
  }

  const transport_test::TemporaryFolder folder_;
  const transport_test::TemporaryFolder scratch_;
  const TestSshd sshd_;
  SenderOptions options_;
  FarEnd far_end_;
  std::string scan_fingerprint_;
  std::optional<std::string> answer_;  // of the person at the terminal; nothing: there is no terminal
  std::string said_;
  std::string asked_;
};

TEST_F(SetupSender, TheKeyIsMadeOnceAndItsPrivateHalfIsNeverSaid) {
  set_up();
  const std::string made = transport_test::read_file(options_.key);
  EXPECT_THAT(made, HasSubstr("OPENSSH PRIVATE KEY"));
  EXPECT_EQ(state_of_path(options_.key).mode, 0600U);
  EXPECT_EQ(state_of_path(folder_ / "ssh").mode, 0700U);
  const PublicKey key = parse_public_key(transport_test::read_file(options_.key + ".pub"));
  EXPECT_THAT(said_, HasSubstr("done: the key " + options_.key));
  EXPECT_THAT(said_, HasSubstr(shell_quote(to_line(key))));
  EXPECT_THAT(said_, Not(HasSubstr("PRIVATE")));
  EXPECT_THAT(said_, Not(HasSubstr(made.substr(made.find('\n') + 1, 60))));
  said_.clear();
  set_up();
  EXPECT_EQ(transport_test::read_file(options_.key), made);
  EXPECT_THAT(said_, HasSubstr("already there: the key " + options_.key));
}

TEST_F(SetupSender, APersonIsAskedHowMuchMayLieThere) {
  options_.accepted_fingerprints = {scan_fingerprint_};
  answer_ = "500G";
  set_up();
  EXPECT_THAT(asked_, HasSubstr("How much may the backups in offsite/zippy take there"));
  EXPECT_THAT(said_, HasSubstr("cyber-zfs-backup-receiver setup --root offsite/zippy --quota 500G --key"));
  EXPECT_THAT(said_, Not(HasSubstr("there is no quota")));
  said_.clear();
  answer_ = "";  // not said yet
  set_up();
  EXPECT_THAT(said_, HasSubstr("there is no quota: whoever has this key"));
  answer_ = "lots";
  set_up();
  EXPECT_THAT(said_, HasSubstr("'lots' is no size such as 500G or 2T, and not none"));
  asked_.clear();
  options_.quota = "none";
  set_up();
  EXPECT_EQ(asked_, "");
}

TEST_F(SetupSender, WithoutATerminalAnUnknownHostKeyIsShownAndNotAdded) {
  const FarEndOutcome outcome = set_up();
  EXPECT_EQ(outcome.code, ExitCode::refused);
  EXPECT_FALSE(outcome.may_connect);
  EXPECT_EQ(known_hosts(), "");
  EXPECT_THAT(said_, HasSubstr(scan_fingerprint_));
  EXPECT_THAT(said_, HasSubstr("ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub"));
  EXPECT_THAT(said_, HasSubstr("--accept-host-key " + scan_fingerprint_));
  EXPECT_THAT(said_, HasSubstr("cyber-zfs-backup-receiver setup --root offsite/zippy --key")) << "told all the same";
}

TEST_F(SetupSender, TheRightFingerprintIsConsentAndASecondRunFindsAllThere) {
  options_.accepted_fingerprints = {scan_fingerprint_};
  const FarEndOutcome outcome = set_up();
  EXPECT_EQ(outcome.code, ExitCode::ok);
  EXPECT_TRUE(outcome.may_connect);
  EXPECT_EQ(known_hosts(), host_line());
  said_.clear();
  options_.accepted_fingerprints.clear();
  EXPECT_TRUE(set_up().may_connect);
  EXPECT_THAT(said_, Not(HasSubstr("done: ")));
  EXPECT_THAT(said_, HasSubstr("already there: the host key of [127.0.0.1]:" + options_.port));
  EXPECT_EQ(known_hosts(), host_line());
}

TEST_F(SetupSender, AnotherFingerprintThanTheOneGivenIsRefusedLoudly) {
  options_.accepted_fingerprints = {"SHA256:" + std::string(43, 'A')};
  answer_ = "yes";
  EXPECT_THAT(refusal_of([&] { set_up(); }), HasSubstr("--accept-host-key names another one"));
  EXPECT_EQ(known_hosts(), "");
  EXPECT_EQ(asked_, "");
}

TEST_F(SetupSender, KnownHostsInAFolderOfTheirOwnGetOne) {
  options_.known_hosts = folder_ / "elsewhere/known_hosts";
  options_.accepted_fingerprints = {scan_fingerprint_};
  EXPECT_TRUE(set_up().may_connect);
  EXPECT_EQ(known_hosts(), host_line());
}

TEST_F(SetupSender, AtATerminalOnlyYesOrTheFingerprintAddsIt) {
  answer_ = "y";
  EXPECT_EQ(set_up().code, ExitCode::refused);
  EXPECT_EQ(known_hosts(), "");
  EXPECT_THAT(asked_, HasSubstr("is it to be trusted?"));
  answer_ = "yes";
  EXPECT_TRUE(set_up().may_connect);
  EXPECT_EQ(known_hosts(), host_line());
}

TEST_F(SetupSender, AHostKeyThatIsKnownAndDifferentIsNeverReplaced) {
  know_another();
  const std::string before = known_hosts();
  options_.accepted_fingerprints = {scan_fingerprint_};
  answer_ = "yes";
  const std::string refusal = refusal_of([&] { set_up(); });
  EXPECT_THAT(refusal, HasSubstr("IS NOT THE ONE THAT IS KNOWN"));
  EXPECT_THAT(refusal, HasSubstr(scan_fingerprint_));
  EXPECT_THAT(refusal, HasSubstr(options_.known_hosts + ", line 1"));
  EXPECT_THAT(refusal, HasSubstr("ssh-keygen -R '[127.0.0.1]:" + options_.port + "'"));
  EXPECT_EQ(known_hosts(), before);
}

TEST_F(SetupSender, AChangedKeyInAnotherFileThatSshReadsCountsToo) {
  transport_test::write_file(folder_ / "theirs", "[127.0.0.1]:" + options_.port + " ssh-ed25519 " + other_blob + "\n");
  output_of({"ssh-keygen", "-q", "-H", "-f", folder_ / "theirs"});
  ASSERT_THAT(transport_test::read_file(folder_ / "theirs"), HasSubstr("|1|")) << "hashed";
  far_end_.options = {"GlobalKnownHostsFile=" + folder_ / "theirs"};
  options_.accepted_fingerprints = {scan_fingerprint_};
  EXPECT_THAT(refusal_of([&] { set_up(); }), HasSubstr(folder_ / "theirs" + ", line 1"));
  EXPECT_EQ(known_hosts(), "");
}

TEST_F(SetupSender, ARevokedHostKeyIsRefused) {
  std::filesystem::create_directories(folder_ / "ssh");
  transport_test::write_file(options_.known_hosts, "@revoked " + host_line());
  options_.accepted_fingerprints = {scan_fingerprint_};
  EXPECT_THAT(refusal_of([&] { set_up(); }), HasSubstr("IS REVOKED"));
}

TEST_F(SetupSender, AHostThatDoesNotAnswerIsToldAndTheReceiversPartAllTheSame) {
  const transport_test::ReservedPort closed;
  options_.port = std::to_string(closed.number());
  const FarEndOutcome outcome = set_up();
  EXPECT_EQ(outcome.code, ExitCode::unreachable);
  EXPECT_FALSE(outcome.may_connect);
  EXPECT_THAT(said_, HasSubstr("no ssh host key came from 127.0.0.1"));
  EXPECT_THAT(said_, HasSubstr("cyber-zfs-backup-receiver setup"));
}

TEST_F(SetupSender, PastAProxyTheKeyIsNotScannedButExplained) {
  far_end_.options = {"ProxyJump=gate.example.org"};
  const FarEndOutcome outcome = set_up();
  EXPECT_EQ(outcome.code, ExitCode::refused);
  EXPECT_THAT(said_, HasSubstr("reached through a proxy"));
  EXPECT_EQ(known_hosts(), "");
}

TEST_F(SetupSender, TheConfigurationIsWrittenOnlyWithConsent) {
  options_.yes = false;
  EXPECT_THAT(refusal_of([&] { set_up(); }), HasSubstr("there is no terminal to ask at"));
  answer_ = "no";
  EXPECT_THAT(refusal_of([&] { set_up(); }), HasSubstr("was not written. Write it"));
  EXPECT_FALSE(std::filesystem::exists(*far_end_.config));
  EXPECT_THAT(said_, HasSubstr("Host offsite\n    HostName 127.0.0.1\n"));
  answer_ = "yes";
  options_.accepted_fingerprints = {scan_fingerprint_};
  set_up();
  EXPECT_THAT(transport_test::read_file(*far_end_.config),
              HasSubstr("    User cyber-zfs-backup\n    IdentityFile " + options_.key + "\n"));
}

TEST_F(SetupSender, AnExistingConfigurationIsNotChangedAndWhatItLacksIsTold) {
  const std::string theirs = "Host offsite\n    HostName 127.0.0.1\n    Port " + options_.port +
                             "\n    User root\n    StrictHostKeyChecking no\n";
  transport_test::write_file(*far_end_.config, theirs);
  set_up();
  EXPECT_EQ(transport_test::read_file(*far_end_.config), theirs);
  EXPECT_THAT(said_, HasSubstr("needs this:\n\nHost offsite\n    User cyber-zfs-backup\n    IdentityFile " +
                               options_.key + "\n    IdentitiesOnly yes\n    UserKnownHostsFile " +
                               options_.known_hosts + "\n    StrictHostKeyChecking yes\n"));
}

TEST_F(SetupSender, AnAddressThatAnExistingConfigurationContradictsIsRefused) {
  const std::string theirs = "Host offsite\n    Port " + options_.port + "\n";
  transport_test::write_file(*far_end_.config, theirs);
  try {
    set_up();
    FAIL() << "the host key of another host would be confirmed";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::refused);
    EXPECT_THAT(error.what(),
                HasSubstr("says HostName offsite for offsite, not 127.0.0.1. Write `HostName 127.0.0.1`"));
  }
  EXPECT_EQ(transport_test::read_file(*far_end_.config), theirs);
}

TEST_F(SetupSender, AUserInTheDestinationIsToldToLeave) {
  far_end_.destination = "root@offsite";
  set_up();
  EXPECT_THAT(said_, HasSubstr("root@offsite names another user than cyber-zfs-backup"));
  EXPECT_THAT(said_, Not(HasSubstr("needs this"))) << "the configuration that was just written is right";
}

TEST_F(SetupSender, ADryRunChangesNothingAndAsksNobody) {
  options_.dry_run = true;
  options_.accepted_fingerprints = {scan_fingerprint_};
  answer_ = "yes";
  set_up();
  EXPECT_TRUE(folder_.is_empty());
  EXPECT_EQ(asked_, "");
  EXPECT_THAT(said_, HasSubstr("    ssh-keygen -q -t ed25519 -N '' "));
  EXPECT_THAT(said_, HasSubstr("\ncat > " + *far_end_.config + " << 'END'\n"));
  EXPECT_THAT(said_, HasSubstr(scan_fingerprint_));
  EXPECT_THAT(said_, HasSubstr("to do: the host key of [127.0.0.1]:" + options_.port));
}

TEST_F(SetupSender, AKeyWithAPassphraseIsRefusedAndStays) {
  std::filesystem::create_directories(folder_ / "ssh");
  output_of({"ssh-keygen", "-q", "-t", "ed25519", "-N", "secret", "-f", options_.key});
  const std::string before = transport_test::read_file(options_.key);
  EXPECT_THAT(refusal_of([&] { set_up(); }), HasSubstr("without a passphrase"));
  EXPECT_EQ(transport_test::read_file(options_.key), before);
}

TEST_F(SetupSender, AKeyWithoutItsPublicFileIsUsed) {
  std::filesystem::create_directories(folder_ / "ssh");
  output_of({"ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", options_.key});
  const PublicKey key = parse_public_key(transport_test::read_file(options_.key + ".pub"));
  std::filesystem::remove(options_.key + ".pub");
  set_up();
  EXPECT_THAT(said_, HasSubstr(key.base64));
}

}  // namespace
}  // namespace czb::setup
