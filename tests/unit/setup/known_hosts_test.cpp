// SPDX-License-Identifier: MIT
// What ssh would do, and what is known and shown of a host's key (setup/ssh_settings.h, setup/known_hosts.h).
#include "setup/known_hosts.h"

#include <gmock/gmock.h>

#include "setup/setup_testing.h"
#include "setup/ssh_settings.h"

namespace czb::setup {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using State = HostKeyVerdict::State;
using Words = std::vector<std::string>;

const std::string fingerprint = "SHA256:EH9Ly04lMJm4nXRTTIluYq/AyTNDH2R3rROep+wiURI";

TEST(SetupSshSettings, AreReadFromWhatSshPrints) {
  const SshSettings settings = parse_settings(
      "host offsite\nuser backup\nhostname Backup.example.org\nport 2222\nproxyusefdpass no\nstricthostkeychecking "
      "true\n"
      "identityfile ~/.ssh/a\nidentityfile /etc/b\nglobalknownhostsfile /etc/ssh/ssh_known_hosts none\n"
      "userknownhostsfile /root/.ssh/known_hosts /k\n");
  EXPECT_EQ(settings.host_name, "Backup.example.org");
  EXPECT_EQ(settings.port, "2222");
  EXPECT_EQ(settings.user, "backup");
  EXPECT_FALSE(settings.through_proxy);
  EXPECT_THAT(settings.identity_files, ElementsAre("~/.ssh/a", "/etc/b"));
  EXPECT_THAT(settings.user_known_hosts, ElementsAre("/root/.ssh/known_hosts", "/k"));
  EXPECT_THAT(settings.all_known_hosts, ElementsAre("/root/.ssh/known_hosts", "/k", "/etc/ssh/ssh_known_hosts"));
  EXPECT_EQ(settings.strict_host_key_checking, "true");
  EXPECT_EQ(known_hosts_name(settings), "[backup.example.org]:2222");
}

TEST(SetupSshSettings, KnownHostsHasThePlainNameForPort22AndTheAliasAlone) {
  EXPECT_EQ(known_hosts_name(parse_settings("hostname a.b\nport 22\n")), "a.b");
  EXPECT_EQ(known_hosts_name(parse_settings("hostname a.b\nport 2222\nhostkeyalias far\n")), "far");
  EXPECT_EQ(known_hosts_name(parse_settings("hostname ::1\nport 22\n")), "::1");
}

TEST(SetupSshSettings, AProxyIsSeen) {
  EXPECT_TRUE(parse_settings("hostname a\nport 22\nproxyjump j\n").through_proxy);
  EXPECT_TRUE(parse_settings("hostname a\nport 22\nproxycommand nc %h %p\n").through_proxy);
  EXPECT_FALSE(parse_settings("hostname a\nport 22\nproxycommand none\n").through_proxy);
}

TEST(SetupSshSettings, AHostOrPortThatCouldBeAnOptionIsRefused) {
  for (const char* printed : {"", "hostname a\n", "port 22\n", "hostname -oProxyCommand=x\nport 22\n",
                              "hostname a\nport 22x\n", "hostname a\nport -p\n"})
    EXPECT_THAT(refusal_of([&] { parse_settings(printed); }), HasSubstr("does not say which host")) << printed;
}

TEST(SetupSshSettings, TheCommandEndsItsOptionsBeforeTheDestination) {
  EXPECT_EQ(show_settings_command("ssh", "/c", {"Port=5"}, "offsite"),
            (Words{"ssh", "-G", "-F", "/c", "-o", "Port=5", "--", "offsite"}));
  EXPECT_EQ(show_settings_command("ssh", "", {}, "offsite"), (Words{"ssh", "-G", "--", "offsite"}));
}

TEST(SetupSshSettings, TheWrittenConfigurationChecksHostKeysStrictly) {
  const std::string text = ssh_config_text("offsite", "b.example.org", "2222", "czb", "/k", "/kh");
  EXPECT_EQ(text,
            "# ssh configuration for cyber-zfs-backup, written by `cyber-zfs-backup setup`.\n\n"
            "Host offsite\n    HostName b.example.org\n    Port 2222\n    User czb\n    IdentityFile /k\n"
            "    IdentitiesOnly yes\n    UserKnownHostsFile /kh\n    StrictHostKeyChecking yes\n\n"
            "# What the system's configuration says holds for all else.\nMatch all\n    Include /etc/ssh/ssh_config\n");
  EXPECT_THAT(ssh_config_text("offsite", "", "", "czb", "/k", "/kh"), HasSubstr("Host offsite\n    # HostName "));
}

TEST(SetupKnownHosts, EntriesAreReadFromWhatSshKeygenFinds) {
  const auto known =
      parse_known("# Host [h]:2222 found: line 12 \n[h]:2222 ssh-ed25519 " + ed25519_blob +
                      " comment\n# Host h found: line 13 CA\n@cert-authority h ssh-ed25519 " + other_blob +
                      "\n# Host h found: line 14 \nh sk-ssh-ed25519@openssh.com AAAA\n|1|x=|y= ssh-dss\n",
                  "/kh");
  ASSERT_EQ(known.size(), 2U);
  EXPECT_EQ(known[0].file, "/kh");
  EXPECT_EQ(known[0].line, 12);
  EXPECT_EQ(known[0].marker, "");
  EXPECT_EQ(known[0].key.base64, ed25519_blob);
  EXPECT_EQ(known[1].line, 13);
  EXPECT_EQ(known[1].marker, "@cert-authority");
}

TEST(SetupKnownHosts, WhatComesFromTheNetworkIsReadStrictly) {
  const auto keys =
      parse_scan("# h:22 SSH-2.0-OpenSSH\nh ssh-ed25519 " + ed25519_blob + "\nh ssh-rsa AAAA\nh\n\x1b[31m x y\n");
  ASSERT_EQ(keys.size(), 1U);
  EXPECT_EQ(keys[0].base64, ed25519_blob);
}

TEST(SetupKnownHosts, TheKindsOfTrustedKeysAreAskedFor) {
  EXPECT_EQ(scan_command("h", "22", {}), (Words{"ssh-keyscan", "-T", "15", "-p", "22", "-t", "ed25519", "h"}));
  const KnownKey ecdsa{"/kh", 1, "", {"ecdsa-sha2-nistp256", p256_blob, ""}};
  const KnownKey rsa{"/kh", 2, "", {"ssh-rsa", rsa2048_blob, ""}};
  const KnownKey revoked{"/kh", 3, "@revoked", test_key()};
  EXPECT_EQ(scan_command("h", "22", {ecdsa, rsa, ecdsa, revoked}).at(6), "ecdsa,rsa");
}

TEST(SetupKnownHosts, AFingerprintIsReadWhole) {
  EXPECT_EQ(parse_fingerprint("256 " + fingerprint + " host (ED25519)\n"), fingerprint);
  for (const char* printed : {"", "256 SHA256:short host (ED25519)\n", "256 MD5:aa:bb host\n"})
    EXPECT_THAT(refusal_of([&] { parse_fingerprint(printed); }), HasSubstr("no SHA256 fingerprint"));
}

HostKeyVerdict judged(const std::vector<PublicKey>& shown, const std::vector<KnownKey>& known) {
  return judge_host_key(shown, known);
}
KnownKey entry(const PublicKey& key, const std::string& marker = "") { return {"/kh", 7, marker, key}; }

TEST(SetupKnownHosts, AHostThatShowsNothingIsSilent) {
  EXPECT_EQ(judged({}, {}).state, State::silent);
  EXPECT_EQ(judged({}, {entry(test_key())}).state, State::silent);
}

TEST(SetupKnownHosts, AKeyIsUnknownOnlyWhereNoneIsKnown) {
  const HostKeyVerdict verdict = judged({test_key()}, {});
  EXPECT_EQ(verdict.state, State::unknown);
  EXPECT_EQ(verdict.seen->base64, ed25519_blob);
}

TEST(SetupKnownHosts, TheKnownKeyIsKnown) {
  EXPECT_EQ(judged({test_key()}, {entry(test_key())}).state, State::known);
  EXPECT_EQ(judged({test_key()}, {entry(other_key()), entry(test_key())}).state, State::known);
}

TEST(SetupKnownHosts, AnotherKeyThanTheKnownOneIsAChangeAndNamesTheOldEntry) {
  const HostKeyVerdict verdict = judged({test_key()}, {entry(other_key())});
  EXPECT_EQ(verdict.state, State::changed);
  EXPECT_EQ(verdict.seen->base64, ed25519_blob);
  EXPECT_EQ(verdict.before->key.base64, other_blob);
  EXPECT_EQ(verdict.before->line, 7);
  EXPECT_EQ(judged({test_key()}, {entry({"ssh-rsa", rsa2048_blob, ""})}).state, State::changed)
      << "a key of another kind is known";
}

TEST(SetupKnownHosts, ARevokedKeyIsNeverTrustedEvenWhereItIsAlsoKnown) {
  EXPECT_EQ(judged({test_key()}, {entry(test_key()), entry(test_key(), "@revoked")}).state, State::revoked);
  EXPECT_EQ(judged({test_key()}, {entry(other_key(), "@revoked")}).state, State::unknown);
}

TEST(SetupKnownHosts, AnAuthorityIsLeftToSsh) {
  EXPECT_EQ(judged({test_key()}, {entry(other_key(), "@cert-authority")}).state, State::authority);
}

TEST(SetupKnownHosts, ConsentIsTheExactFingerprint) {
  EXPECT_EQ(consent_for(fingerprint, {}), Consent::ask);
  EXPECT_EQ(consent_for(fingerprint, {"SHA256:x", fingerprint}), Consent::given);
  std::string almost = fingerprint;
  almost.back() = 'J';
  EXPECT_EQ(consent_for(fingerprint, {almost}), Consent::mismatch);
}

TEST(SetupKnownHosts, OnlyYesOrTheFingerprintIsConsentAtATerminal) {
  EXPECT_TRUE(is_consent("yes", fingerprint));
  EXPECT_TRUE(is_consent(" " + fingerprint + " ", fingerprint));
  for (const char* answer : {"", "y", "Y", "YES", "no", "yes please", "SHA256:x"})
    EXPECT_FALSE(is_consent(answer, fingerprint)) << answer;
}

}  // namespace
}  // namespace czb::setup
