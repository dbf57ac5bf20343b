// SPDX-License-Identifier: MIT
// What has to be done at the sender, and what it tells a person to do at the receiver (setup/sender_steps.h,
// setup/connection.h).
#include "setup/sender_steps.h"

#include <gmock/gmock.h>

#include "setup/connection.h"
#include "setup/setup_testing.h"

namespace czb::setup {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using Kind = PathState::Kind;
using Words = std::vector<std::string>;

constexpr uid_t root = 0;

Plan planned(const KeyState& state, uid_t user = root) { return plan_key({}, state, user, "zippy"); }

KeyState complete() {
  KeyState state;
  state.folder = {Kind::folder, 0, 0700};
  state.file = {Kind::file, 0, 0600};
  state.public_file_exists = true;
  state.public_key = test_key();
  return state;
}

TEST(SetupSenderKey, IsMadeInAFolderOfItsOwnWhereThereIsNone) {
  const Plan plan = planned({});
  EXPECT_THAT(plan.refusals, IsEmpty());
  ASSERT_EQ(plan.steps.size(), 2U);
  EXPECT_EQ(as_shell_text(plan.steps[0].actions.at(0)), "install -d -m 0700 /etc/cyber-zfs-backup/ssh");
  EXPECT_EQ(as_shell_text(plan.steps[1].actions.at(0)),
            "ssh-keygen -q -t ed25519 -N '' -C cyber-zfs-backup@zippy -f /etc/cyber-zfs-backup/ssh/id_ed25519");
}

TEST(SetupSenderKey, IsLeftAloneWhereThereIsOne) {
  const Plan plan = planned(complete());
  EXPECT_THAT(plan.refusals, IsEmpty());
  for (const Step& step : plan.steps) EXPECT_THAT(step.actions, IsEmpty());
}

TEST(SetupSenderKey, IsNeverOverwritten) {
  KeyState state = complete();
  state.public_key.reset();
  state.problem = "incorrect passphrase supplied to decrypt private key";
  EXPECT_THAT(planned(state).refusals, ElementsAre(HasSubstr("incorrect passphrase")));
  state = complete();
  state.file = {};
  EXPECT_THAT(planned(state).refusals, ElementsAre(HasSubstr("but no /etc/cyber-zfs-backup/ssh/id_ed25519")));
}

TEST(SetupSenderKey, AFolderThatOthersCanWriteInIsRefused) {
  KeyState state = complete();
  state.folder.mode = 0777;
  EXPECT_THAT(planned(state).refusals, ElementsAre(HasSubstr("others can write")));
  state.folder = {Kind::folder, 1000, 0700};
  EXPECT_THAT(planned(state).refusals, ElementsAre(HasSubstr("others can write")));
  EXPECT_THAT(planned(state, 1000).refusals, IsEmpty()) << "it is the user's own";
  state.folder = {Kind::link, 0, 0777};
  EXPECT_THAT(planned(state).refusals, ElementsAre(HasSubstr("is not a folder")));
}

SshSettings good_settings() {
  SshSettings settings;
  settings.host_name = "b.example.org";
  settings.port = "22";
  settings.user = default_user;
  settings.identity_files = {default_key};
  settings.user_known_hosts = settings.all_known_hosts = {default_known_hosts};
  settings.strict_host_key_checking = "true";
  return settings;
}

TEST(SetupSenderConfig, NothingLacksWhereSshUsesTheKeyAndTheKnownHosts) {
  EXPECT_THAT(lacking_lines({}, good_settings(), "/root"), IsEmpty());
  SenderOptions options;
  options.key = "/root/.ssh/backup";
  SshSettings settings = good_settings();
  settings.identity_files = {"~/.ssh/backup"};
  EXPECT_THAT(lacking_lines(options, settings, "/root"), IsEmpty());
}

TEST(SetupSenderConfig, WhatLacksIsTold) {
  SshSettings settings = good_settings();
  settings.user = "root";
  settings.identity_files = {"~/.ssh/id_rsa"};
  settings.user_known_hosts = {"/root/.ssh/known_hosts"};
  EXPECT_THAT(lacking_lines({}, settings, "/root"),
              ElementsAre("User cyber-zfs-backup", "IdentityFile /etc/cyber-zfs-backup/ssh/id_ed25519",
                          "IdentitiesOnly yes", "UserKnownHostsFile /etc/cyber-zfs-backup/ssh/known_hosts"));
}

TEST(SetupSenderConfig, WeakenedHostKeyCheckingIsToldToBeStrict) {
  for (const char* weak : {"false", "no", "off", "accept-new"}) {
    SshSettings settings = good_settings();
    settings.strict_host_key_checking = weak;
    EXPECT_THAT(lacking_lines({}, settings, "/root"), ElementsAre("StrictHostKeyChecking yes")) << weak;
  }
}

TEST(SetupSenderOptions, WordsThatCouldNotStandInSshsConfigurationAreRefused) {
  const auto refused = [](auto change) {
    SenderOptions options;
    change(options);
    return refusal_of([&] { check_options(options); });
  };
  EXPECT_EQ(refused([](SenderOptions&) {}), "(accepted)");
  EXPECT_THAT(refused([](SenderOptions& o) { o.key = "relative"; }), HasSubstr("option --key"));
  EXPECT_THAT(refused([](SenderOptions& o) { o.key = "/a b"; }), HasSubstr("option --key"));
  EXPECT_THAT(refused([](SenderOptions& o) { o.key = "/a/"; }), HasSubstr("option --key"));
  EXPECT_THAT(refused([](SenderOptions& o) { o.known_hosts = "/a\nUser root"; }), HasSubstr("option --known-hosts"));
  EXPECT_THAT(refused([](SenderOptions& o) { o.host_name = "-oX"; }), HasSubstr("option --host-name"));
  EXPECT_THAT(refused([](SenderOptions& o) { o.host_name = "a b"; }), HasSubstr("option --host-name"));
  EXPECT_THAT(refused([](SenderOptions& o) { o.port = "22x"; }), HasSubstr("option --port"));
  EXPECT_THAT(refused([](SenderOptions& o) { o.receiver_user = "a b"; }), HasSubstr("option --receiver-user"));
  EXPECT_THAT(refused([](SenderOptions& o) { o.receiver_program = "x"; }), HasSubstr("option --receiver-program"));
  EXPECT_THAT(refused([](SenderOptions& o) { o.accepted_fingerprints = {"SHA256:abc"}; }),
              HasSubstr("a whole fingerprint"));
  EXPECT_THAT(refused([](SenderOptions& o) { o.quota = "2 TB"; }), HasSubstr("option --quota"));
  for (const char* quota : {"2T", "none", "1000000"})
    EXPECT_EQ(refused([&](SenderOptions& o) { o.quota = quota; }), "(accepted)") << quota;
}

FarEnd far_end(const std::vector<std::string>& datasets) {
  FarEnd far_end;
  far_end.destination = "offsite";
  far_end.datasets = datasets;
  far_end.pushed_to = true;
  return far_end;
}

TEST(SetupSenderReceiver, OneTargetIsTheRootItself) {
  const ReceiverSetup setup = receiver_for(far_end({"offsite/zippy"}), {}, test_key());
  EXPECT_EQ(setup.root, "offsite/zippy");
  EXPECT_THAT(setup.options, IsEmpty());
  EXPECT_FALSE(setup.create_root);
  EXPECT_FALSE(setup.create_parent) << "a pool is not made";
}

TEST(SetupSenderReceiver, ARootForSeveralTargetsHasToBeMade) {
  SenderOptions options;
  options.root = "vault/backups";
  options.mode = "mirror";
  const ReceiverSetup setup = receiver_for(far_end({"vault/backups/a", "vault/backups/b"}), options, test_key());
  EXPECT_THAT(setup.options, ElementsAre("--mode", "mirror"));
  EXPECT_TRUE(setup.create_root);
}

TEST(SetupSenderReceiver, TheQuotaIsAnOptionOfTheReceiver) {
  SenderOptions options;
  options.quota = "2T";
  FarEnd there = far_end({"offsite/zippy"});
  const ReceiverSetup setup = receiver_for(there, options, test_key());
  EXPECT_EQ(setup.quota, "2T");
  EXPECT_THAT(setup.options, ElementsAre("--quota", "2T"));
  EXPECT_THAT(receiver_instructions(setup, "b"), Not(HasSubstr("there is no quota")));
  there.pushed_to = false;
  there.pulled_from = true;
  EXPECT_THAT(receiver_for(there, options, test_key()).options, ElementsAre("--mode", "pull"));
}

TEST(SetupSenderReceiver, TheInstructionsSayThatThereIsNoQuotaAndWhatThatMeans) {
  const std::string text = receiver_instructions(receiver_for(far_end({"offsite/zippy"}), {}, test_key()), "b");
  EXPECT_THAT(text, HasSubstr("Note: there is no quota: whoever has this key, or a mistake at the sender, can fill the "
                              "pool offsite"));
  EXPECT_THAT(text, HasSubstr("--quota SIZE"));
  SenderOptions meant;
  meant.quota = "none";
  const std::string said = receiver_instructions(receiver_for(far_end({"offsite/zippy"}), meant, test_key()), "b");
  EXPECT_THAT(said, HasSubstr("there is no quota, as was said"));
  EXPECT_THAT(said, HasSubstr(" --quota none "));
}

TEST(SetupSenderReceiver, TheInstructionsAreOneCommandAndTheSameByHand) {
  ReceiverSetup setup = receiver_for(far_end({"offsite/b s/zippy"}), {}, test_key());
  const std::string text = receiver_instructions(setup, "b.example.org");
  EXPECT_THAT(text, HasSubstr("\ncyber-zfs-backup-receiver setup --root 'offsite/b s/zippy' --create-parent --key "
                              "'ssh-ed25519 " +
                              ed25519_blob + " cyber-zfs-backup@zippy' --apply\n"));
  for (const char* part :
       {"\nuseradd --system ", "\nzfs create -o mountpoint=none -o canmount=off 'offsite/b s'\n",
        "\nzfs allow -u cyber-zfs-backup ", " 'offsite/b s'\n", "\nMatch User cyber-zfs-backup\n",
        "restrict,command=\"/usr/bin/cyber-zfs-backup-receiver --root ", "\nsshd -t && systemctl reload ssh\n"})
    EXPECT_THAT(text, HasSubstr(part));
}

Completed answer(int status, const std::string& out, const std::string& err = "") {
  Completed completed;
  completed.status = {ExitKind::exited, status};
  completed.out = out;
  completed.err = err;
  return completed;
}

ConnectionVerdict judged(const Completed& completed) {
  return judge_connection(completed, receiver_for(far_end({"offsite/zippy"}), {}, test_key()));
}

const std::string good_report = "version\t0.1.0\nmode\tappend-only\nroot\toffsite/zippy\nmissing-permissions\t-\n";

TEST(SetupConnection, TheReceiverThatWasAskedForIsFine) {
  const ConnectionVerdict verdict = judged(answer(0, good_report));
  EXPECT_EQ(verdict.code, ExitCode::ok);
  EXPECT_THAT(verdict.text, HasSubstr("version 0.1.0"));
}

TEST(SetupConnection, HowMuchMayLieThereIsTold) {
  EXPECT_THAT(judged(answer(0, good_report + "quota\t-\nspace-bound\t2199023255552\n")).text,
              HasSubstr("At most 2T may lie there."));
  EXPECT_THAT(judged(answer(0, good_report + "quota\t-\nspace-bound\t-\n")).text,
              HasSubstr("Note: there is no quota: whoever has this key"));
  EXPECT_THAT(judged(answer(0, good_report + "quota\tnone\nspace-bound\t-\n")).text,
              HasSubstr("there is no quota, as was said"));
  EXPECT_THAT(judged(answer(0, good_report + "space-bound\t?\n")).text, Not(HasSubstr("quota")));
}

TEST(SetupConnection, AnotherQuotaThanTheOneThatWasSaidIsNotFine) {
  SenderOptions options;
  options.quota = "2T";
  const auto with = [&](const std::string& bound) {
    return judge_connection(answer(0, good_report + "space-bound\t" + bound + "\n"),
                            receiver_for(far_end({"offsite/zippy"}), options, test_key()));
  };
  EXPECT_EQ(with("2199023255552").code, ExitCode::ok);
  EXPECT_EQ(with("?").code, ExitCode::ok);
  const ConnectionVerdict less = with("62914560");
  EXPECT_EQ(less.code, ExitCode::needs_person);
  EXPECT_FALSE(less.setup_helps);
  EXPECT_THAT(less.text, HasSubstr("at most 60M may lie there, and --quota 2T is what was said here"));
  EXPECT_THAT(less.text, HasSubstr("zfs set quota=2T offsite/zippy;"));
  EXPECT_THAT(less.text, HasSubstr("a dataset above"));
  EXPECT_THAT(with("3298534883328").text, HasSubstr("at most 3T may lie there"));
  EXPECT_THAT(with("-").text, HasSubstr("no quota bounds what it can fill there"));
  options.quota = "none";
  EXPECT_EQ(with("62914560").code, ExitCode::ok);
}

TEST(SetupConnection, ALoginThatIsRefusedIsToldInSshsWords) {
  Completed completed;
  completed.status = {ExitKind::transport_failed, 255};
  completed.transport_error = "Permission denied (publickey)";
  EXPECT_EQ(judged(completed).code, ExitCode::unreachable);
  EXPECT_THAT(judged(completed).text, HasSubstr("Permission denied (publickey)"));
}

TEST(SetupConnection, AKeyWithoutAForcedCommandIsNotFine) {
  const ConnectionVerdict verdict = judged(answer(127, "", "sh: not found"));
  EXPECT_EQ(verdict.code, ExitCode::needs_person);
  EXPECT_THAT(verdict.text, HasSubstr("may run any command"));
}

TEST(SetupConnection, AnotherRootOrModeIsNotFine) {
  EXPECT_THAT(judged(answer(0, "mode\tappend-only\nroot\toffsite/zippy2\n")).text, HasSubstr("into offsite/zippy2"));
  EXPECT_EQ(judged(answer(0, "mode\tmirror\nroot\toffsite/zippy\n")).code, ExitCode::needs_person);
}

TEST(SetupConnection, MissingPermissionsAreTold) {
  std::string report = good_report;
  report.replace(report.rfind('-'), 1, "receive,mount");
  EXPECT_EQ(judged(answer(0, report)).code, ExitCode::needs_person);
  EXPECT_THAT(judged(answer(0, report)).text, HasSubstr("receive,mount"));
}

TEST(SetupConnection, WhatAReportHoldsIsToldWithoutControlCharacters) {
  for (const char* report : {"mode\t\x1b[2Jpull\nroot\toffsite/\x1b]0;x\n",
                             "version\t\x1b[2J\nmode\tappend-only\nroot\toffsite/zippy\nmissing-permissions\t-\n",
                             "mode\tappend-only\nroot\toffsite/zippy\nmissing-permissions\t\x1b[2J\n"}) {
    EXPECT_THAT(judged(answer(0, report)).text, HasSubstr("\\x1b[2J"));
    EXPECT_EQ(judged(answer(0, report)).text.find('\x1b'), std::string::npos);
  }
}

TEST(SetupConnection, AnythingElseIsToldOnOneLineWithoutControlCharacters) {
  const ConnectionVerdict verdict = judged(answer(78, "", "\x1b[31mwrong\nstate folder"));
  EXPECT_EQ(verdict.code, ExitCode::failed);
  EXPECT_THAT(verdict.text, HasSubstr("exit status 78: \\x1b[31mwrong; state folder"));
  EXPECT_THAT(judged(answer(0, "hello")).text, HasSubstr("does not answer as one of ours"));
}

}  // namespace
}  // namespace czb::setup
