// SPDX-License-Identifier: MIT
// The names of user properties behind a receiver (zfs/user_properties.h).
#include "zfs/user_properties.h"

#include <gmock/gmock.h>

namespace czb {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Optional;

TEST(UserProperties, HaveAColon) {
  EXPECT_TRUE(is_user_property("a:b"));
  EXPECT_FALSE(is_user_property("compression"));
}

TEST(UserProperties, ANamesKeptFormIsTheWholeNameBehindOurs) {
  EXPECT_THAT(kept_name("com.sun:auto-snapshot", {}),
              Optional(std::string("cyber-zfs-backup.source:com.sun:auto-snapshot")));
  EXPECT_THAT(kept_name("cyber-zfs-backup.source:a:b", {}), Optional(std::string("cyber-zfs-backup.source:a:b")));
  EXPECT_THAT(kept_name("site:x", {"site:"}), Optional(std::string("site:x")));
  EXPECT_EQ(kept_name("a:" + std::string(222, 'x'), {}), std::nullopt);
  EXPECT_EQ(kept_name("a:" + std::string(221, 'x'), {}).value().size(), longest_received_name);
}

TEST(UserProperties, WhatProgramsObeyNeverHasItsOwnName) {
  for (const char* name :
       {"com.sun:auto-snapshot", "com.sun:auto-snapshot:daily", "org.openzfs.systemd:requires", "org.znapzend:dst_a",
        "autobackup:offsite1", "zrepl:placeholder", "syncoid:sync", "sanoid:x", "bzfs:x", "cyber-zfs-backup:base.far",
        "org.freebsd:swap", "org.zfsbootmenu:commandline", "org.debian:periodic-scrub", "com.ubuntu.zsys:bootfs"}) {
    const std::string prefix(name, std::string_view(name).find(':') + 1);
    EXPECT_THAT(kept_name(name, {prefix, name}), Optional(std::string(kept_name_prefix) + name));
    EXPECT_THAT(own_names_error(prefix), Optional(HasSubstr("programs of a host obey"))) << prefix;
    EXPECT_THAT(own_names_error(name), Optional(HasSubstr("programs of a host obey"))) << name;
  }
  EXPECT_NE(own_names_error("com.sun:auto"), std::nullopt);
  EXPECT_NE(own_names_error("cyber-zfs-backup.source:"), std::nullopt);
}

TEST(UserProperties, APrefixHoldsAllThatStandsBeforeAColon) {
  for (const char* prefix : {"site:", "org.example.site:", "site:backup-", "a-b_c.1:x:y"})
    EXPECT_EQ(own_names_error(prefix), std::nullopt) << prefix;
  for (const char* prefix : {"", ":", ":x", "site", "o", "org.", "Site:", "si te:", "site:\n", "-site:", "site:*"})
    EXPECT_NE(own_names_error(prefix), std::nullopt) << prefix;
}

TEST(UserProperties, OwnNamesAreToldAsOneWord) {
  EXPECT_EQ(to_text({}), "-");
  EXPECT_EQ(to_text({"a:", "b:"}), "a:,b:");
  EXPECT_THAT(own_names_in("a:,b:"), ElementsAre("a:", "b:"));
  EXPECT_THAT(own_names_in("-"), IsEmpty());
  EXPECT_THAT(own_names_in(",a:,\x1b[2J:,org.znapzend:,"), ElementsAre("a:"));
}

}  // namespace
}  // namespace czb
