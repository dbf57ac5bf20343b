// SPDX-License-Identifier: MIT
// What our commands need of `zfs allow` (zfs/permissions.h). ZFS's words are OpenZFS's own, of 2.1.11 and 2.3.2; that
// the table is right is for the lab to say.
#include "zfs/permissions.h"

#include <gmock/gmock.h>

#include <fstream>
#include <iterator>

namespace czb {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

TEST(NeededPermissions, AreThoseOfTheOperationThatACommandIs) {
  EXPECT_THAT(needed_permissions(list_command("a/b", {}, true)), IsEmpty());
  EXPECT_THAT(needed_permissions(read_token_command("1-abc")), IsEmpty());
  EXPECT_THAT(needed_permissions(snapshot_tree_command("a/b", "t1")), ElementsAre("snapshot"));
  EXPECT_THAT(needed_permissions(snapshot_command({"a/b", "a/c"}, "t1")), ElementsAre("snapshot"));
  EXPECT_THAT(needed_permissions(destroy_command("a/b", {"t1", "t2"}, true)), ElementsAre("destroy", "mount"));
  EXPECT_THAT(needed_permissions(destroy_bookmark_command("a/b", "t1")), ElementsAre("destroy"));
  EXPECT_THAT(needed_permissions(destroy_dataset_command("a/b")), ElementsAre("destroy", "mount"));
  EXPECT_THAT(needed_permissions(rename_command("a/b", "a/c")), ElementsAre("create", "mount", "rename"));
  EXPECT_THAT(needed_permissions(set_property_command("a/b", base_property("far"), "a/b@t1")), ElementsAre("userprop"));
  EXPECT_THAT(needed_permissions(set_property_command("a/b", "quota", "1G")), ElementsAre("quota"));
  EXPECT_THAT(needed_permissions(record_base_command("a/b", "x:y", "a/b@t1", "t1", "b1")), IsEmpty());
  EXPECT_THAT(needed_permissions(abort_receive_command("a/b")), ElementsAre("destroy", "mount"));
}

TEST(NeededPermissions, OfASendAreMoreWhereItSendsSeveralSnapshots) {
  EXPECT_THAT(needed_permissions(send_dataset_command("a/b", SendFrom::nothing, "", "t1")), ElementsAre("send"));
  EXPECT_THAT(needed_permissions(send_dataset_command("a/b", SendFrom::bookmark, "t1", "t2")), ElementsAre("send"));
  EXPECT_THAT(needed_permissions(send_token_command("1-abc")), ElementsAre("send"));
  EXPECT_THAT(needed_permissions(send_dataset_command("a/b", SendFrom::snapshot, "t1", "t2")),
              ElementsAre("hold", "send"));
  EXPECT_THAT(needed_permissions(send_tree_command("a/b", std::nullopt, "t1", false)), ElementsAre("hold", "send"));
}

TEST(NeededPermissions, OfAReceiveIncludeThoseOfItsProperties) {
  EXPECT_THAT(needed_permissions(receive_command("a/b", {})), ElementsAre("create", "mount", "receive"));
  EXPECT_THAT(needed_permissions(receive_command("a/b", {{"readonly", "on"}, {"quota", std::nullopt}, {"x:y", "1"}})),
              ElementsAre("create", "mount", "quota", "readonly", "receive", "userprop"));
}

TEST(OperationTable, IsInTheOrderOfItsEnum) {
  for (std::size_t i = 0; i < operation_permissions().size(); ++i)
    EXPECT_EQ(static_cast<std::size_t>(operation_permissions()[i].operation), i);
}

TEST(AllowLines, OfASenderAreOneToPasteAsRoot) {
  EXPECT_THAT(
      allow_lines(role_permissions(ZfsRole::sender), "cyber-zfs-backup", "zippy/zippy"),
      ElementsAre("zfs allow -u cyber-zfs-backup bookmark,destroy,hold,mount,send,snapshot,userprop zippy/zippy"));
  EXPECT_THAT(allow_lines(role_permissions(ZfsRole::pull), "them", "a/it's"),
              ElementsAre("zfs allow -u them hold,send 'a/it'\\''s'"));
}

TEST(AllowLines, OfAnAppendOnlyTargetLetNoSnapshotBeDestroyed) {
  const auto lines = allow_lines(role_permissions(ZfsRole::append_only), "them", "offsite");
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[0],
            "zfs allow -u them canmount,create,devices,exec,mount,mountpoint,quota,readonly,receive,setuid,sharenfs,"
            "sharesmb,snapdev,userprop,volmode offsite");
  EXPECT_THAT(lines[1], AllOf(HasSubstr(",compression,"), Not(HasSubstr("destroy"))));
  EXPECT_EQ(lines[2], "zfs allow -c destroy offsite");
}

TEST(AllowLines, CanSayReceiveAppendInPlaceOfReceive) {
  const std::string line = allow_lines(role_permissions(ZfsRole::append_only), "them", "offsite", true)[0];
  EXPECT_THAT(line, AllOf(HasSubstr(",receive:append,"), Not(HasSubstr(",receive,"))));
}

TEST(AllowLines, OfAMirrorLetSnapshotsBeDestroyed) {
  const RolePermissions mirror = role_permissions(ZfsRole::mirror);
  EXPECT_THAT(mirror.permissions, ::testing::Contains("destroy"));
  EXPECT_THAT(mirror.create_time, IsEmpty());
}

TEST(AllowLines, OfAnEncryptedTreeLetItsEncryptionRootsBePutRight) {
  EXPECT_THAT(role_permissions(ZfsRole::append_only, true).permissions, ::testing::Contains("change-key"));
  EXPECT_THAT(role_permissions(ZfsRole::append_only).permissions, Not(::testing::Contains("change-key")));
}

// Without a receiver that forces more.
TEST(AllowLines, OfAPlainTargetLetAllOfAPushsStepsBeDone) {
  EXPECT_EQ(allow_lines(role_permissions(ZfsRole::target), "them", "offsite")[0],
            "zfs allow -u them canmount,create,destroy,mount,mountpoint,promote,readonly,receive,rename,rollback,"
            "userprop offsite");
}

TEST(AllowLines, AreThoseOfTheManual) {
  std::ifstream file(CZB_DOCS "/permissions.md");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  for (const ZfsRole role : {ZfsRole::sender, ZfsRole::target, ZfsRole::append_only, ZfsRole::mirror, ZfsRole::pull})
    for (const std::string& line : allow_lines(role_permissions(role), "USER",
                                               role == ZfsRole::sender || role == ZfsRole::pull ? "TREE" : "PARENT"))
      EXPECT_THAT(text, HasSubstr("\n    " + line + "\n"));
}

// As zfs allow prints it, OpenZFS 2.1.11.
const char* const allowed =
    "---- Permissions on zippy/s ------------------------------------------\n"
    "Permission sets:\n"
    "\t@sender hold,send,snapshot\n"
    "Create time permissions:\n"
    "\tmountpoint,readonly\n"
    "Local permissions:\n"
    "\tuser tester destroy\n"
    "Descendent permissions:\n"
    "\tuser tester userprop\n"
    "Local+Descendent permissions:\n"
    "\tuser root rollback\n"
    "\tuser tester @sender,promote\n"
    "\tgroup many @more,bookmark,receive\n"
    "\teveryone canmount\n"
    "---- Permissions on zippy --------------------------------------------\n"
    "Permission sets:\n"
    "\t@more @round,mount\n"
    "\t@round @more,diff\n"
    "Local permissions:\n"
    "\tuser tester quota\n"
    "Local+Descendent permissions:\n"
    "\tuser tester create,rename\n";

Permissions missing_of(const Permissions& needed, const std::string& dataset = "zippy/s",
                       const std::vector<std::string>& groups = {}) {
  return missing_permissions(allowed, dataset, "tester", groups, needed);
}

TEST(MissingPermissions, AreThoseThatTheUserHasNeitherThereNorFromAbove) {
  EXPECT_THAT(missing_of({"create", "destroy", "promote", "rename"}), IsEmpty());
  EXPECT_THAT(missing_of({"rollback", "readonly", "receive"}), ElementsAre("rollback", "readonly", "receive"));
  EXPECT_THAT(missing_permissions("", "zippy/s", "tester", {}, {"create"}), ElementsAre("create"));
  EXPECT_THAT(missing_permissions(allowed, "zippy/s", "other", {}, {"create", "canmount"}), ElementsAre("create"));
}

TEST(MissingPermissions, WhatIsAllowedLocallyGoesForTheDatasetAlone) {
  EXPECT_THAT(missing_of({"userprop", "quota"}), ElementsAre("userprop", "quota"));
  EXPECT_THAT(missing_of({"destroy"}), IsEmpty());
  EXPECT_THAT(missing_of({"destroy"}, "zippy/s@t1"), ElementsAre("destroy"));
  EXPECT_THAT(missing_of({"destroy", "userprop", "promote"}, "zippy/s/below"), ElementsAre("destroy"));
  EXPECT_THAT(missing_of({"quota", "destroy", "create"}, "zippy"), ElementsAre("destroy"));
}

TEST(MissingPermissions, SetsAndGroupsCount) {
  EXPECT_THAT(missing_of({"hold", "send", "snapshot"}), IsEmpty());
  EXPECT_THAT(missing_of({"bookmark", "mount", "diff"}), ElementsAre("bookmark", "mount", "diff"));
  EXPECT_THAT(missing_of({"bookmark", "mount", "diff"}, "zippy/s", {"few", "many"}), IsEmpty());
}

TEST(MissingPermissions, ReceiveAppendWillDoForReceive) {
  EXPECT_THAT(missing_permissions("---- Permissions on a ------\nLocal+Descendent permissions:\n"
                                  "\tuser tester create,mount,receive:append\n",
                                  "a", "tester", {}, {"create", "mount", "receive"}),
              IsEmpty());
}

TEST(PermissionAdvice, NamesAllThatTheCommandNeedsWhereZfsDoesNotSay) {
  EXPECT_EQ(permission_advice(destroy_command("far/a", {"t1"}, false), "cannot destroy snapshots: permission denied\n"),
            "The user lacks one or more of the permissions destroy,mount; zfs allow far/a shows which it has. "
            "Run as root or with --use-sudo, or allow it, as root there: zfs allow -u USER destroy,mount far/a");
  EXPECT_EQ(permission_advice(snapshot_tree_command("a/b", "t1"), "cannot create snapshots : permission denied", "me"),
            "The user lacks the permission snapshot. Run as root or with --use-sudo, or allow it, as root there: "
            "zfs allow -u me snapshot a/b");
}

TEST(PermissionAdvice, OfADatasetThatIsNotThereYetIsAboutItsParent) {
  const CommandLine receive = receive_command("far/a/b", {{"readonly", "on"}});
  EXPECT_THAT(permission_advice(receive, "cannot receive new filesystem stream: permission denied"),
              HasSubstr("zfs allow -u USER create,mount,readonly,receive far/a"));
  EXPECT_THAT(permission_advice(receive, "cannot receive incremental stream: permission denied"),
              HasSubstr("zfs allow -u USER create,mount,readonly,receive far/a/b"));
}

TEST(PermissionAdvice, NamesWhatZfsSays) {
  EXPECT_EQ(permission_advice(receive_command("far/a", {{"exec", "off"}}),
                              "cannot receive exec property on far/a: permission denied\n"
                              "cannot receive org.x:user property on far/a/b: permission denied\n"
                              "cannot receive quota property on far/a: out of space\n"),
            "The user lacks the permissions exec,userprop. Run as root or with --use-sudo, or allow it, as root there: "
            "zfs allow -u USER exec,userprop far/a");
  const CommandLine send = send_tree_command("a/b", std::nullopt, "t1", false);
  EXPECT_THAT(permission_advice(send, "cannot hold: permission denied\ncannot send 'a/b': permission denied\n"),
              HasSubstr("zfs allow -u USER hold a/b"));
  EXPECT_THAT(permission_advice(send, "warning: cannot send 'a/b@t1': permission denied\n"),
              HasSubstr("zfs allow -u USER send a/b"));
}

TEST(PermissionAdvice, BehindAReceiverIsNeitherToBeRootNorSudo) {
  EXPECT_EQ(permission_advice(receive_command("far/a", {}),
                              "cannot receive quota property on far/a: permission denied\n"
                              "cyber-zfs-backup-receiver: the quota of far/a could not be set\n"),
            "The user lacks the permission quota. Allow it, as root there: zfs allow -u USER quota far/a");
}

TEST(PermissionAdvice, SaysWhereNoPermissionHelps) {
  EXPECT_EQ(
      permission_advice(record_base_command("a/b", "x:y", "a/b@t1", "t1", "b1"),
                        "Channel program execution failed:\nPermission denied. Channel programs must be run as root."),
      "Only root may run channel programs.");
  EXPECT_EQ(permission_advice(destroy_command("a", {"t"}, false), "cannot destroy snapshots: dataset is busy"), "");
  EXPECT_EQ(permission_advice({}, "permission denied"), "");
}

TEST(RefusedProperties, AreReadFromZfsReceivesWords) {
  const auto refused = refused_properties(
      "cannot receive new filesystem stream: permission denied\n"
      "cannot receive org.x:user property on far/a: b: permission denied\n");
  ASSERT_EQ(refused.size(), 1U);
  EXPECT_EQ(refused[0].property, "org.x:user");
  EXPECT_EQ(refused[0].dataset, "far/a: b");
  EXPECT_EQ(refused[0].reason, "permission denied");
}

}  // namespace
}  // namespace czb
