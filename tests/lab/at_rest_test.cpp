// SPDX-License-Identifier: MIT
// How what is not encrypted at the source lies at a target whose place is encrypted (adr/0020).
#include <sys/xattr.h>

#include <algorithm>

#include "lab.h"

namespace czb::lab {
namespace {

using ::testing::HasSubstr;

using Values = std::map<std::string, std::string>;

class EncryptionAtRestTest : public LabTest {
 protected:
  // The key of the place is the backup host's, the other one the source's.
  void SetUp() override {
    place = target + "-place";
    write_file(folder + "/key-of-place", "fedcba9876543210fedcba9876543210");
    zfs({"create", "-o", "mountpoint=none", "-o", "encryption=on", "-o", "keyformat=raw", "-o",
         "keylocation=file://" + folder + "/key-of-place", place});
    target = place + "/tree";
    make_tree({"child"});
    // A block that ZFS embeds in its pointer: what encrypts takes no such one.
    write("", "small", small);
    write("child", "small", small);
  }
  void TearDown() override { run({"zfs", "destroy", "-r", place}); }

  void make_mixed() {
    zfs(Words{"create"} + encrypted() + Words{source + "/key"});
    zfs({"create", source + "/key/below"});
    write("key/below", "secret", "first");
  }
  std::string doctor(int day) {
    const Words command = backup_command(day);
    const auto config = std::find(command.begin(), command.end(), "--config");
    const Words asked = {CZB_PROGRAM, "doctor", "--config", *(config + 1)};
    return run(through_receiver.used() ? through_receiver.command(asked) : asked).text();
  }
  Values roots() const { return property_of_tree("encryptionroot", target); }

  const std::string small = std::string(4096, 'a');
  const Words encrypting = {"initial: full", "at-rest: encrypt"};
  std::string place;
};

TEST_F(EncryptionAtRestTest, ATreeInClearComesInClearAndThatIsToldBeforeItIsDone) {
  const std::string told = target + " will lie in clear at the target, as at the source, though " + place;
  take_snapshot(1);
  const Result planned = backup(1, {"plan", "--action", "push"});
  EXPECT_THAT(planned.out + planned.err, HasSubstr(told));
  const Result first = backup(1, push_only);
  EXPECT_THAT(first, Exits(ok, {told, "'at-rest: encrypt'"}));
  EXPECT_EQ(roots(), (Values{{"", "-"}, {"child", "-"}}));
  expect_backup(2);
  EXPECT_THAT(doctor(2), HasSubstr(target + " lies in clear, though what is above is encrypted there"));
  EXPECT_EQ(file_of(target + "/child@" + noon(2), "small"), small);
}

TEST_F(EncryptionAtRestTest, ThePlaceEncryptsItWhereTheJobSaysSoInEachWayThatADatasetComes) {
  target_options = encrypting;
  zfs({"create", "-s", "-V", "8M", source + "/volume"});
  EXPECT_THAT(backup(1), Exits(ok, {"will be encrypted at the target with the key of " + place}));
  EXPECT_EQ(roots(), (Values{{"", place}, {"child", place}, {"volume", place}}));
  zfs({"create", source + "/added"});
  write("added", "small", small);
  expect_backup(2);
  zfs({"destroy", "-r", target + "/child"});
  expect_backup(3);
  for (const auto& [name, root] : roots()) EXPECT_EQ(root, place) << name;
  for (const std::string name : {"", "/child", "/added"})
    EXPECT_EQ(file_of(target + name + "@" + noon(3), "small"), small);
}

TEST_F(EncryptionAtRestTest, WhatHasComeInClearIsEncryptedByWhoeverDoesAsHeIsTold) {
  target_options = encrypting;
  EXPECT_THAT(backup(1), Exits(ok));
  zfs({"create", source + "/added"});
  write("added", "small", small);
  target_options = {};
  EXPECT_THAT(backup(2), Exits(ok, {target + "/added will lie in clear"}));
  EXPECT_EQ(roots().at("added"), "-");
  EXPECT_THAT(doctor(2), HasSubstr(target + "/added lies in clear, though what is above is encrypted there"));
  target_options = encrypting;
  EXPECT_THAT(backup(3), Exits(ok, {"rename it there (zfs rename) to a name outside of " + target + ": with"}));
  zfs({"rename", target + "/added", place + "/set-aside"});
  expect_backup(4);
  EXPECT_EQ(roots().at("added"), place);
  EXPECT_EQ(file_of(target + "/added@" + noon(2), "small"), small);
}

TEST_F(EncryptionAtRestTest, DatasetsThatGoAtOnceAreEncryptedThereToo) {
  target_options = {"initial: full", "properties: {readonly: on, encryption: ~}", "parallel: 2"};
  expect_backup(1);
  expect_backup(2);
  for (const auto& [name, root] : roots()) EXPECT_EQ(root, place) << name;
}

TEST_F(EncryptionAtRestTest, AKeyThatIsNotLoadedThereIsNamedBeforeTheFirstPushAndInEachLaterOne) {
  target_options = encrypting;
  zfs({"unload-key", place});
  EXPECT_THAT(backup(1), Exits(needs_person, {"zfs load-key " + place}));
  EXPECT_FALSE(exists(target));
  zfs({"load-key", place});
  expect_backup(2);
  zfs({"unload-key", place});
  EXPECT_THAT(backup(3), Exits(needs_person, {"whose key is not loaded"}));
  zfs({"load-key", place});
  expect_backup(4);
}

TEST_F(EncryptionAtRestTest, APlaceThatDoesNotEncryptIsRefusedAndNothingIsSent) {
  target_options = encrypting;
  target = place.substr(0, place.rfind("/")) + "/not-there-yet";
  EXPECT_THAT(backup(1), Exits(needs_person, {"is not encrypted: nothing was sent", "at-rest: as-sent"}));
  EXPECT_FALSE(exists(target));
}

TEST_F(EncryptionAtRestTest, OfATreeThatIsEncryptedInPartEachDatasetComesInItsOwnForm) {
  make_mixed();
  EXPECT_THAT(backup(1), Exits(ok));
  expect_backup(2);
  EXPECT_EQ(roots(), (Values{{"", "-"}, {"child", "-"}, {"key", target + "/key"}, {"key/below", target + "/key"}}));
  zfs({"load-key", "-L", "file://" + folder + "/key", target + "/key"});
  EXPECT_EQ(file_of(target + "/key/below@" + noon(1), "secret"), "first");
}

TEST_F(EncryptionAtRestTest, AndWhatIsInClearOfItIsEncryptedByThePlaceWhereTheJobSaysSo) {
  make_mixed();
  target_options = encrypting;
  EXPECT_THAT(backup(1), Exits(ok));
  expect_backup(2);
  expect_backup(3);
  EXPECT_EQ(roots(), (Values{{"", place}, {"child", place}, {"key", target + "/key"}, {"key/below", target + "/key"}}));
  zfs({"load-key", "-L", "file://" + folder + "/key", target + "/key"});
  EXPECT_EQ(file_of(target + "/key/below@" + noon(2), "secret"), "first");
  EXPECT_EQ(file_of(target + "/child@" + noon(2), "small"), small);
}

// OpenZFS 2.3 sends such attributes with -e (and -w) as a block of the file that no receive finds.
TEST_F(EncryptionAtRestTest, AttributesThatFitIntoAFewBytesArrive) {
  zfs({"set", "xattr=sa", source});
  write("", "file", "text");
  const std::string value(1800, 'a');
  const std::string file = property("mountpoint", source) + "/file";
  ASSERT_EQ(::setxattr(file.c_str(), "user.large", value.data(), value.size(), 0), 0);
  expect_backup(1);
  const std::string where = folder + "/reading";
  const std::string clone = place.substr(0, place.find('/')) + "/reading-attributes";
  zfs({"clone", "-o", "mountpoint=" + where, "-o", "canmount=on", target + "@" + noon(1), clone});
  std::string arrived(4096, '\0');
  const ssize_t size = ::getxattr((where + "/file").c_str(), "user.large", arrived.data(), arrived.size());
  zfs({"destroy", clone});
  ASSERT_EQ(size, static_cast<ssize_t>(value.size()));
  EXPECT_EQ(arrived.substr(0, value.size()), value);
}

}  // namespace
}  // namespace czb::lab
