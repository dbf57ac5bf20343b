// SPDX-License-Identifier: MIT
// An encrypted tree travels raw: the backup's host never sees a key, and one key opens all of the backup.
#include "lab.h"

namespace czb::lab {
namespace {

using Values = std::map<std::string, std::string>;

class EncryptionTest : public LabTest {
 protected:
  void SetUp() override {
    write_file(key(), "0123456789abcdef0123456789abcdef");
    make_tree({"child"}, {"-o", "encryption=on", "-o", "keyformat=raw", "-o", "keylocation=file://" + key()});
  }
  std::string key() const { return folder + "/key"; }
};

TEST_F(EncryptionTest, AnEncryptedTreeArrivesRawAndKeepsItsOneEncryptionRootAlsoForAChildAddedLater) {
  write("child", "secret", "first");
  expect_backup(1);
  write("child", "secret", "second");
  expect_backup(2);
  EXPECT_EQ(property_of_tree("encryptionroot", target), (Values{{"", target}, {"child", target}}));

  zfs({"create", source + "/added"});
  write("added", "secret", "third");
  expect_backup(3);
  expect_backup(4);
  for (const auto& [name, root] : property_of_tree("encryptionroot", target)) EXPECT_EQ(root, target) << name;
  for (const auto& [name, status] : property_of_tree("keystatus", target)) EXPECT_EQ(status, "unavailable") << name;

  // Disaster: the key and the backup are all there is.
  zfs({"load-key", "-L", "file://" + key(), target});
  EXPECT_EQ(file_of(target + "/child@" + noon(1), "secret"), "first");
  EXPECT_EQ(file_of(target + "/child@" + noon(4), "secret"), "second");
  EXPECT_EQ(file_of(target + "/added@" + noon(4), "secret"), "third");
}

TEST_F(EncryptionTest, ATreeWhoseKeyIsNotLoadedIsBackedUpAllTheSame) {
  write("child", "secret", "first");
  expect_backup(1);
  zfs({"unmount", source});
  zfs({"unload-key", source});
  expect_backup(2);
  for (const auto& [name, root] : property_of_tree("encryptionroot", target)) EXPECT_EQ(root, target) << name;
}

// A clone whose origin the job leaves out goes in full, as its own encryption root. The next increment changes that
// with OpenZFS 2.3, or through the receiver, which does it itself; else nothing does with 2.1: it is said, and nothing
// is sent twice.
TEST_F(EncryptionTest, AClonedChildWithoutItsOriginIsItsOwnEncryptionRootWithTheSameKeyUntilOpenZfsPutsItRight) {
  job_options = {"exclude: [child]"};
  EXPECT_THAT(backup(1), Exits(ok));
  zfs({"snapshot", source + "/child@by-hand"});
  zfs({"clone", source + "/child@by-hand", source + "/clone"});
  write("clone", "secret", "first");
  for (int day = 2; day < 4; ++day) EXPECT_THAT(backup(day), Exits(ok)) << day;
  const bool stays = openzfs_is("2.1") && !through_receiver.used();
  const std::string root = stays ? target + "/clone" : target;
  EXPECT_EQ(property_of_tree("encryptionroot", target), (Values{{"", target}, {"clone", root}}));
  const Result again = backup(4, {"--action", "push", "--json"});
  EXPECT_THAT(again, Exits(ok));
  EXPECT_EQ(again.err.find("with the same key") != std::string::npos, stays) << again.err;
  EXPECT_EQ(count_of(commands_of(again), "zfs send"), 0U);
  zfs({"load-key", "-L", "file://" + key(), root});
  EXPECT_EQ(file_of(target + "/clone@" + noon(2), "secret"), "first");
}

}  // namespace
}  // namespace czb::lab
