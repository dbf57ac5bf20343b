// SPDX-License-Identifier: MIT
// The options of a key, its properties, and its log (receiver/options.h, properties.h, log_entry.h, key_fingerprint.h).
#include "receiver/options.h"

#include <gmock/gmock.h>

#include "fixtures/temporary_folder.h"
#include "receiver/answer.h"
#include "receiver/request/properties.h"
#include "receiver/serve/key_fingerprint.h"
#include "receiver/serve/log_entry.h"
#include "zfs/permissions.h"

namespace czb::receiver {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using Words = std::vector<std::string>;

std::string refusal_of(const Words& words) {
  try {
    parse_options(words);
  } catch (const Misconfigured& error) {
    return error.what();
  }
  return "(taken)";
}

TEST(ReceiverOptions, TheRootAloneIsAppendOnlyWithTheContractsDefaults) {
  const Options options = parse_options({"--root", "offsite/zippy"});
  EXPECT_EQ(options.root, "offsite/zippy");
  EXPECT_EQ(options.mode, Mode::append_only);
  EXPECT_EQ(options.keep_newest, 3U);
  EXPECT_EQ(options.destroy_limit, 25U);
  EXPECT_EQ(options.max_stream, 0U);
  EXPECT_EQ(options.quota, 0U);
  EXPECT_FALSE(options.unbounded);
  EXPECT_EQ(options.state, "/var/lib/cyber-zfs-backup/receiver");
}

TEST(ReceiverOptions, AllAreTaken) {
  const Options options = parse_options({"--root=tank",
                                         "--mode",
                                         "mirror",
                                         "--keep-newest",
                                         "7",
                                         "--destroy-limit",
                                         "10%",
                                         "--max-stream",
                                         "5G",
                                         "--quota",
                                         "2T",
                                         "--naming-prefix",
                                         "czb-",
                                         "--naming-suffix",
                                         "-x",
                                         "--state",
                                         "/s",
                                         "--zfs",
                                         "/z/zfs",
                                         "--user-properties",
                                         "site:,org.example:x-"});
  EXPECT_EQ(options.own_names, (OwnNames{"site:", "org.example:x-"}));
  EXPECT_EQ(options.mode, Mode::mirror);
  EXPECT_EQ(options.keep_newest, 7U);
  EXPECT_EQ(options.destroy_limit, 10U);
  EXPECT_EQ(options.max_stream, std::uint64_t{5} << 30U);
  EXPECT_EQ(options.quota, std::uint64_t{2} << 40U);
  EXPECT_TRUE(options.naming.parse("czb-2026-01-01T00:00:00Z-x"));
  EXPECT_EQ(options.state, "/s");
  EXPECT_EQ(options.zfs, "/z/zfs");
  EXPECT_EQ(parse_options({"--root", "tank", "--mode", "pull"}).mode, Mode::pull);
  EXPECT_TRUE(parse_options({"--root", "tank", "--quota", "none"}).unbounded);
  EXPECT_EQ(parse_options({"--root", "tank", "--max-stream", "4096"}).max_stream, 4096U);
}

TEST(ReceiverOptions, WhatIsWrongIsNamed) {
  EXPECT_THAT(refusal_of({}), HasSubstr("--root"));
  EXPECT_THAT(refusal_of({"--root", "-tank"}), HasSubstr("no dataset name"));
  EXPECT_THAT(refusal_of({"--root", "tank@a"}), HasSubstr("no dataset name"));
  EXPECT_THAT(refusal_of({"--root", "tank", "--root", "tank2"}), HasSubstr("more than once"));
  EXPECT_THAT(refusal_of({"--root", "tank", "--mode", "all"}), HasSubstr("append-only, mirror, pull"));
  EXPECT_THAT(refusal_of({"--root", "tank", "--keep-newest", "0"}), HasSubstr("--keep-newest"));
  EXPECT_THAT(refusal_of({"--root", "tank", "--keep-newest", "-1"}), HasSubstr("--keep-newest"));
  EXPECT_THAT(refusal_of({"--root", "tank", "--destroy-limit", "101"}), HasSubstr("--destroy-limit"));
  EXPECT_THAT(refusal_of({"--root", "tank", "--sessions", "0"}), HasSubstr("--sessions"));
  EXPECT_THAT(refusal_of({"--root", "tank", "--max-stream", "0"}), HasSubstr("--max-stream"));
  EXPECT_THAT(refusal_of({"--root", "tank", "--max-stream", "5X"}), HasSubstr("--max-stream"));
  EXPECT_THAT(refusal_of({"--root", "tank", "--quota", "99999999P"}), HasSubstr("--quota"));
  EXPECT_THAT(refusal_of({"--root", "tank", "--quota", ""}), HasSubstr("--quota"));
  EXPECT_THAT(refusal_of({"--root", "tank", "--naming-prefix", "a/b"}), HasSubstr("--naming-prefix"));
  EXPECT_THAT(refusal_of({"--root", "tank", "--state", "relative"}), HasSubstr("--state"));
  EXPECT_THAT(refusal_of({"--root", "tank", "--zfs", "zfs"}), HasSubstr("--zfs"));
  EXPECT_THAT(refusal_of({"--root", "tank", "--user-properties", "site"}), HasSubstr("'site' cannot be allowed"));
  for (const char* list : {"", ",", "site:,", "site:,org.znapzend:", "com.sun:", "com.sun:auto", "site: x:"})
    EXPECT_THAT(refusal_of({"--root", "tank", "--user-properties", list}), HasSubstr("cannot be allowed")) << list;
  EXPECT_THAT(refusal_of({"--root", "tank", "more"}), Not(HasSubstr("(taken)")));
  EXPECT_THAT(refusal_of({"--roo", "tank"}), HasSubstr("--roo"));
}

TEST(ReceiverOptions, TheHelpNamesEachOption) {
  for (const char* option :
       {"--root", "--mode", "--keep-newest", "--destroy-limit", "--sessions", "--max-stream", "--quota",
        "--user-properties", "--naming-prefix", "--naming-suffix", "--state", "--zfs", "--help", "--version"})
    EXPECT_THAT(help_text(), HasSubstr(option));
}

TEST(ReceiverProperties, AFileSystemIsNeitherMountedNorSharedNorRun) {
  EXPECT_EQ(receive_properties({}, DatasetKind::filesystem, {}), (ReceivedProperties{{"canmount", "noauto"},
                                                                                     {"devices", "off"},
                                                                                     {"exec", "off"},
                                                                                     {"mountpoint", "none"},
                                                                                     {"readonly", "on"},
                                                                                     {"setuid", "off"},
                                                                                     {"sharenfs", "off"},
                                                                                     {"sharesmb", "off"},
                                                                                     {"snapdev", "hidden"},
                                                                                     {"volmode", "none"}}));
}

TEST(ReceiverProperties, AVolumeGetsOnlyWhatVolumesHave) {
  EXPECT_EQ(receive_properties({}, DatasetKind::volume, {"volsize", "compression"}),
            (ReceivedProperties{{"readonly", "on"}, {"snapdev", "hidden"}, {"volmode", "none"}}));
}

TEST(ReceiverProperties, WhatTheSenderAskedForCannotWeakenWhatIsForced) {
  const ReceivedProperties result = receive_properties(
      {{"canmount", "off"}, {"readonly", std::nullopt}, {"mountpoint", "legacy"}, {"compression", "zstd"}},
      DatasetKind::filesystem, {});
  EXPECT_EQ(result.at("canmount"), "noauto");
  EXPECT_EQ(result.at("readonly"), "on");
  EXPECT_EQ(result.at("mountpoint"), "none");
  EXPECT_EQ(result.at("compression"), "zstd");
}

// The header that zfs gets has none of them (KeptProperties).
TEST(ReceiverProperties, NothingIsLeftOutByZfsWhichWouldTouchWhatIsSetHere) {
  const ReceivedProperties asked = {{"compression", std::nullopt}, {"atime", std::nullopt}, {"a:b", std::nullopt}};
  const ReceivedProperties result =
      receive_properties(asked, DatasetKind::filesystem, {"atime", "brandnew", "compression", "quota", "user:x"});
  EXPECT_EQ(result, receive_properties({}, DatasetKind::filesystem, {}));
  EXPECT_EQ(not_wanted_of(asked), (std::set<std::string>{"a:b", "atime", "compression"}));
  EXPECT_EQ(not_wanted_of(result), std::set<std::string>());
}

TEST(ReceiverProperties, OnesThatNoSendWritesAreRefused) {
  for (const char* name :
       {"encryption", "keyformat", "guid", "version", "origin", "volblocksize", "-F", "a b", "A", ""})
    EXPECT_THROW(receive_properties({}, DatasetKind::filesystem, {name}), Refused) << name;
}

// zfs/permissions.h knows what is taken here, and no more.
TEST(ReceiverProperties, WhatIsGrantedIsWhatIsTaken) {
  for (const ZfsRole role : {ZfsRole::append_only, ZfsRole::mirror}) {
    const RolePermissions granted = role_permissions(role);
    for (const std::string& name : granted.source_properties)
      EXPECT_TRUE(is_harmless(name) || name == "encryption") << name;
    for (const auto& [name, value] : forced_properties(DatasetKind::filesystem))
      EXPECT_THAT(granted.permissions, ::testing::Contains(name));
  }
}

TEST(ReceiverProperties, ASenderMayAskForWhatProtectsAndForWhatIsHarmless) {
  const std::pair<const char*, const char*> good[] = {{"canmount", "noauto"},    {"canmount", "off"},
                                                      {"mountpoint", "none"},    {"mountpoint", "legacy"},
                                                      {"readonly", "on"},        {"exec", "off"},
                                                      {"setuid", "off"},         {"atime", "off"},
                                                      {"compression", "zstd-9"}, {"recordsize", "1M"},
                                                      {"volmode", "none"},       {"sharenfs", "off"},
                                                      {"checksum", "sha256"},    {"redundant_metadata", "most"}};
  for (const auto& [name, value] : good) EXPECT_TRUE(may_be_asked_for(name, value)) << name;
  const std::pair<const char*, const char*> bad[] = {{"canmount", "on"},
                                                     {"mountpoint", "/etc"},
                                                     {"mountpoint", ""},
                                                     {"readonly", "off"},
                                                     {"exec", "on"},
                                                     {"setuid", "on"},
                                                     {"sharenfs", "on"},
                                                     {"sharesmb", "on"},
                                                     {"quota", "1G"},
                                                     {"reservation", "1T"},
                                                     {"volmode", "full"},
                                                     {"snapdev", "visible"},
                                                     {"dedup", "on"},
                                                     {"compression", "a b"},
                                                     {"compression", ""},
                                                     {"encryption", "on"},
                                                     {"keylocation", "prompt"},
                                                     {"origin", "a@b"},
                                                     {"readonly", "on off"},
                                                     {"canmount", "noauto off"},
                                                     {"unknown", "x"},
                                                     {"zoned", "on"},
                                                     {"com.example:x", "any"},
                                                     {"org.znapzend:pre_znap_cmd", "/bin/sh -c id"},
                                                     {"cyber-zfs-backup:base.far", "tank@x"},
                                                     {"checksum", "off"},
                                                     {"checksum", "noparity"},
                                                     {"compression", "off"},
                                                     {"redundant_metadata", "none"},
                                                     {"redundant_metadata", "some"},
                                                     {"a:b\n", "x"}};
  for (const auto& [name, value] : bad) EXPECT_FALSE(may_be_asked_for(name, value)) << name << "=" << value;
}

TEST(ReceiverProperties, ASenderMayLeaveOutWhatIsNeitherKeyNorSize) {
  for (const char* name : {"encryption", "canmount", "mountpoint", "readonly", "quota", "compression", "com.example:x"})
    EXPECT_TRUE(may_be_asked_for(name, std::nullopt)) << name;
  for (const char* name : {"encryptionroot", "keylocation", "keyformat", "volsize", "origin", "unknown", "-F"})
    EXPECT_FALSE(may_be_asked_for(name, std::nullopt)) << name;
}

TEST(KeyFingerprint, IsWhatSshKeygenPrints) {
  // ssh-keygen -lf of this key: 256 SHA256:7OHZQ1r+W1mZ/cwbedSxbZXEtKyPjAw06tpCYdgCex0
  EXPECT_EQ(
      key_fingerprint("publickey ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGCY9GeJxOHf7vtla+45jfqjtAkztGEN6Txs3x4J+mfc\n"),
      "SHA256:7OHZQ1r+W1mZ/cwbedSxbZXEtKyPjAw06tpCYdgCex0");
  EXPECT_EQ(
      key_fingerprint(
          "password\npublickey ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGCY9GeJxOHf7vtla+45jfqjtAkztGEN6Txs3x4J+mfc\n"),
      "SHA256:7OHZQ1r+W1mZ/cwbedSxbZXEtKyPjAw06tpCYdgCex0");
}

TEST(KeyFingerprint, IsEmptyWithoutOne) {
  for (const char* text : {"", "\n", "password\n", "publickey\n", "publickey ssh-ed25519\n",
                           "publickey ssh-ed25519 !!!\n", "publickey ssh-ed25519 \n"})
    EXPECT_EQ(key_fingerprint(text), "") << text;
  const TemporaryFolder folder;
  EXPECT_EQ(key_fingerprint_in(folder / "none"), "");
  EXPECT_EQ(key_fingerprint_in(folder.path()), "");
  EXPECT_EQ(key_fingerprint_in("/dev/zero"), "");
  EXPECT_THAT(
      key_fingerprint_in(folder.file(
          "auth", "publickey ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGCY9GeJxOHf7vtla+45jfqjtAkztGEN6Txs3x4J+mfc\n")),
      HasSubstr("SHA256:"));
}

TEST(LogEntry, IsOneLineThatCannotBeForged) {
  Options options;
  options.root = "offsite/zippy";
  const std::string line = log_line(
      {"1.2.3.4", "SHA256:x", "zfs\nNov 1 sshd: Accepted\" outcome=\"ok\x1b[2J", "refused: \"x\"", 17}, options);
  EXPECT_EQ(line,
            "peer=1.2.3.4 key=SHA256:x root=offsite/zippy mode=append-only bytes=17 outcome=\"refused: 'x'\" "
            "command=\"zfs\\x0aNov 1 sshd: Accepted' outcome='ok\\x1b[2J\"");
}

TEST(LogEntry, SaysDashForWhatIsNotKnownAndCutsLongCommands) {
  Options options;
  options.root = "t";
  const std::string line = log_line({"", "", std::string(5000, '\n'), "", 0}, options);
  EXPECT_THAT(line, AllOf(HasSubstr("peer=- key=- "), HasSubstr("\\x0a...\"")));
  EXPECT_LT(line.size(), 1200U);
}

TEST(LogEntry, AnAlarmHasALineOfItsOwnThatBeginsWithIt) {
  Options options;
  options.root = "offsite/zippy";
  EXPECT_EQ(alarm_line({"1.2.3.4", "SHA256:x", "", "", 0}, options, "offsite/zippy@a\n is \"gone\""),
            "ALARM=\"offsite/zippy@a\\x0a is 'gone'\" peer=1.2.3.4 key=SHA256:x root=offsite/zippy");
}

}  // namespace
}  // namespace czb::receiver
