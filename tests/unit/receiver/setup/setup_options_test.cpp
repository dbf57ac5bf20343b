// SPDX-License-Identifier: MIT
// The command line of `cyber-zfs-backup-receiver setup` (receiver/setup_options.h), and the program itself as far as it
// goes without ZFS.
#include "receiver/setup/setup_options.h"

#include <gmock/gmock.h>

#include "fixtures/temporary_folder.h"
#include "process/command.h"
#include "real_process.h"
#include "receiver/answer.h"
#include "setup/setup_testing.h"

namespace czb::receiver {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;
using Words = std::vector<std::string>;

const std::string key = "ssh-ed25519 " + setup::ed25519_blob + " cyber-zfs-backup@zippy";

Words with_key(Words words) {
  words.insert(words.end(), {"--key", key});
  return words;
}

std::string refused(const Words& words) {
  try {
    parse_setup_options(words);
  } catch (const Misconfigured& error) {
    return error.what();
  }
  return "(accepted)";
}

TEST(SetupReceiverOptions, TheReceiversOptionsGoIntoTheForcedCommandAsTheyAre) {
  const SetupOptions options =
      parse_setup_options({"--mode=mirror", "--root", "offsite/zippy", "--apply", "--keep-newest", "5", "--key", key,
                           "--create-parent", "--naming-prefix", "auto-", "--user", "second", "--program",
                           "/opt/receiver", "--state", "/var/lib/second/state", "--user-properties", "site:"});
  EXPECT_EQ(options.wanted.root, "offsite/zippy");
  EXPECT_EQ(options.wanted.mode, setup::Mode::mirror);
  EXPECT_THAT(options.wanted.options, ElementsAre("--mode=mirror", "--keep-newest", "5", "--naming-prefix", "auto-",
                                                  "--state", "/var/lib/second/state", "--user-properties", "site:"));
  EXPECT_EQ(options.wanted.user, "second");
  EXPECT_EQ(options.wanted.program, "/opt/receiver");
  EXPECT_EQ(options.wanted.state_folder, "/var/lib/second/state");
  EXPECT_TRUE(options.apply && options.wanted.create_parent);
  EXPECT_FALSE(options.wanted.create_root || options.help);
  EXPECT_THAT(setup::authorized_keys_line_of(options.wanted),
              StartsWith("restrict,command=\"/opt/receiver --root offsite/zippy --mode=mirror --keep-newest 5 "));
}

TEST(SetupReceiverOptions, ByDefaultTheStepsAreToldForThisProgram) {
  const SetupOptions options = parse_setup_options(with_key({"--root=offsite/zippy"}));
  EXPECT_FALSE(options.apply || options.wanted.create_parent || options.wanted.create_root);
  EXPECT_EQ(options.wanted.user, "cyber-zfs-backup");
  EXPECT_THAT(options.wanted.options, IsEmpty());
  EXPECT_EQ(options.wanted.mode, setup::Mode::append_only);
  EXPECT_THAT(options.wanted.program, HasSubstr("unit_tests")) << "the program that runs";
}

TEST(SetupReceiverOptions, WhatStandsWhereAValueIsDueIsTheValue) {
  EXPECT_THAT(refused(with_key({"--root", "--apply"})), HasSubstr("'--apply' is no dataset name"));
  EXPECT_FALSE(parse_setup_options(with_key({"--root", "a/b", "--naming-prefix", "--apply"})).apply);
}

TEST(SetupReceiverOptions, WhatTheReceiverWouldRefuseIsRefusedBeforeItStandsInAuthorizedKeys) {
  EXPECT_THAT(refused(with_key({})), HasSubstr("--root is missing"));
  EXPECT_THAT(refused(with_key({"--root", "offsite/../x"})), HasSubstr("no dataset name"));
  EXPECT_THAT(refused(with_key({"--root", "a/b", "--mode", "all"})), HasSubstr("append-only, mirror, pull"));
  EXPECT_THAT(refused(with_key({"--root", "a/b", "--frobnicate", "x"})), HasSubstr("--frobnicate"));
  EXPECT_THAT(refused(with_key({"--root", "a/b", "--root", "c/d"})), HasSubstr("root"));
  EXPECT_THAT(refused(with_key({"--root", "a/b", "--state", "/a\"b"})), HasSubstr("cannot stand in authorized_keys"));
  EXPECT_THAT(refused(with_key({"--root", "a/b", "stray"})), HasSubstr("'stray' belongs to no option"));
  EXPECT_THAT(refused(with_key({"--root", "a/b", "--user-properties", "org.znapzend:"})), HasSubstr("obey"));
  EXPECT_THAT(refused({"--root", "a/b", "--mode"}), HasSubstr("--mode needs a value"));
}

TEST(SetupReceiverOptions, TheQuotaIsTheReceiversOwnOption) {
  EXPECT_EQ(parse_setup_options(with_key({"--root", "a/b"})).wanted.quota, "");
  EXPECT_EQ(parse_setup_options(with_key({"--root", "a/b", "--quota", "none"})).wanted.quota, "none");
  const SetupOptions bounded = parse_setup_options(with_key({"--root", "a/b", "--quota", "2K"}));
  EXPECT_EQ(bounded.wanted.quota, "2048");
  EXPECT_THAT(bounded.wanted.options, ElementsAre("--quota", "2K"));
}

TEST(SetupReceiverOptions, TheKeyIsOneValidPublicKey) {
  EXPECT_THAT(refused({"--root", "a/b"}), HasSubstr("--key is missing"));
  EXPECT_THAT(refused({"--root", "a/b", "--key", "ssh-ed25519"}), HasSubstr("not a public key"));
  EXPECT_THAT(refused({"--root", "a/b", "--key", key + "\n" + key}), HasSubstr("more than one line"));
  EXPECT_THAT(refused(with_key({"--root", "a/b", "--key", key})), HasSubstr("--key is given twice"));
}

TEST(SetupReceiverOptions, AnOptionThatIsMisspeltEatsNoWordAndIsToldWithTheOneThatIsMeant) {
  EXPECT_EQ(refused(with_key({"--root", "a/b", "--aply"})), "there is no option --aply. Is --apply meant?");
  EXPECT_EQ(refused({"--aply", "--root", "a/b", "--key", key}), "there is no option --aply. Is --apply meant?");
  EXPECT_EQ(refused(with_key({"--root", "a/b", "--qouta", "2T"})), "there is no option --qouta. Is --quota meant?");
  EXPECT_EQ(refused(with_key({"--root", "a/b", "--frobnicate=x"})),
            "there is no option --frobnicate: setup --help tells those that there are");
  EXPECT_THAT(refused({"--root", "a/b", "--key", "ssh-ed25519", setup::ed25519_blob, "zippy"}),
              HasSubstr("the key is one word, in quotes"));
}

TEST(SetupReceiverOptions, AFileThatHoldsTheKeyIsTakenAndNamedWhereItDoesNot) {
  const TemporaryFolder folder;
  const auto with = [&](const std::string& file) { return refused({"--root", "a/b", "--key", file}); };
  EXPECT_EQ(with(folder.file("good.pub", key + "\n")), "(accepted)");
  const std::string empty = folder.file("empty.pub", "");
  EXPECT_THAT(with(empty), AllOf(HasSubstr(empty), HasSubstr("it is empty")));
  const std::string secret = folder.file("id", "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n");
  EXPECT_THAT(with(secret), AllOf(HasSubstr(secret), HasSubstr("PRIVATE key"), HasSubstr("ends with .pub")));
  EXPECT_THAT(with(folder.file("noise", "hello\n")), HasSubstr("not a public key"));
  EXPECT_EQ(with(folder / "absent.pub"), "--key: there is no file " + folder / "absent.pub");
  EXPECT_THAT(with(folder.path()), HasSubstr("is not a regular file"));
  EXPECT_THAT(with("id.pub"), HasSubstr("the content of the client's file .pub"));
}

TEST(SetupReceiverOptions, UserAndProgramCouldBeNothingElse) {
  for (const char* user : {"", "-x", "a b", "a:b", "a/b", "a\nb"})
    EXPECT_THAT(refused(with_key({"--root", "a/b", "--user", user})), HasSubstr("is no name of a user")) << user;
  EXPECT_THAT(refused(with_key({"--root", "a/b", "--program", "relative"})), HasSubstr("no absolute path"));
}

class SetupReceiverProgram : public ::testing::Test {
 protected:
  Completed run(const Words& words) {
    Words argv = {CZB_RECEIVER, "setup"};
    argv.insert(argv.end(), words.begin(), words.end());
    return czb::run(*transport_, argv);
  }
  const test::Deadline deadline_;
  std::shared_ptr<Transport> transport_ = test::local_transport();
};

TEST_F(SetupReceiverProgram, HelpNamesEachOptionOfItsOwn) {
  const Completed completed = run({"--help"});
  EXPECT_TRUE(completed.ok());
  for (const char* option : {"--key", "--apply", "--create-parent", "--create-root", "--user", "--program"})
    EXPECT_THAT(completed.out, HasSubstr(option));
}

TEST_F(SetupReceiverProgram, WrongOptionsHaveTheReceiversStatus) {
  const Completed completed = run({"--root", "offsite/zippy"});
  EXPECT_EQ(completed.status.code, receiver_misconfigured_status);
  EXPECT_THAT(completed.err.raw(), StartsWith("cyber-zfs-backup-receiver: the option --key is missing"));
}

}  // namespace
}  // namespace czb::receiver
