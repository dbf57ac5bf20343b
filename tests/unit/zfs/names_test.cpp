// SPDX-License-Identifier: MIT
// Names that ZFS takes and names that it refuses (zfs/names.h).
#include "zfs/names.h"

#include <gtest/gtest.h>

#include <string>

namespace czb {
namespace {

TEST(DatasetName, AcceptsWhatZfsAccepts) {
  for (const std::string name :
       {"tank", "tank/home", "Tank-1/a_b.c:d e", "t/.hidden", "t/...", "a/1/-x", "tank/.zfs x"}) {
    EXPECT_EQ(dataset_name_error(name), std::nullopt) << name;
  }
}

TEST(DatasetName, RefusesWhatZfsRefuses) {
  for (const std::string name :
       {"",       "/",         "/tank",     "tank/",    "tank//home", "1tank",    "-tank",    ".tank",
        "tank/.", "tank/..",   "tank/../x", "tank@now", "tank#mark",  "tank/a%b", "tank/a+b", "tank/é",
        "tank\n", "tank/a\tb", "mirror",    "raidz/x",  "draid",      " tank"}) {
    EXPECT_NE(dataset_name_error(name), std::nullopt) << name;
  }
  EXPECT_NE(dataset_name_error(std::string("tank\0x", 6)), std::nullopt);
}

TEST(DatasetName, SaysWhatIsWrong) {
  EXPECT_EQ(dataset_name_error("tank//home"), "it has an empty part");
  EXPECT_EQ(dataset_name_error("tank/.."), "it has the part '..'");
  EXPECT_EQ(dataset_name_error("9tank"), "a pool's name begins with a letter");
  EXPECT_EQ(dataset_name_error("tank@x"),
            "it has '@', and ZFS allows only letters, digits, '-', '_', '.', ':' and ' '");
  EXPECT_NE(dataset_name_error("tank/\x1b")->find("the byte 0x1b"), std::string::npos);
}

TEST(DatasetName, MayHave255BytesAnd50Parts) {
  EXPECT_EQ(dataset_name_error("t" + std::string(254, 'x')), std::nullopt);
  EXPECT_NE(dataset_name_error("t" + std::string(255, 'x')), std::nullopt);
  std::string name = "t";
  for (int part = 2; part <= 50; ++part) name += "/d";
  EXPECT_EQ(dataset_name_error(name), std::nullopt);
  EXPECT_NE(dataset_name_error(name + "/d"), std::nullopt);
}

TEST(SnapshotName, IsOnePartWithoutDelimiters) {
  EXPECT_EQ(snapshot_name_error("2026-01-02T03:04:05Z"), std::nullopt);
  EXPECT_EQ(snapshot_name_error("1 2"), std::nullopt);
  for (const std::string name : {"", ".", "..", "a/b", "a@b", "a#b", "a%b", "a,b", "2026-01-02T03:04:05+01:00"}) {
    EXPECT_NE(snapshot_name_error(name), std::nullopt) << name;
  }
  EXPECT_NE(snapshot_name_error(std::string(256, 'x')), std::nullopt);
}

TEST(PropertyName, IsLowerCaseAndAUserPropertyHasAColon) {
  for (const std::string name : {"compression", "special_small_blocks", "com.example:last-pushed.x_1", ":"}) {
    EXPECT_EQ(property_name_error(name), std::nullopt) << name;
  }
  for (const std::string name :
       {"", "-x", "Compression", "a b", "a=b", "last-pushed", "userquota@x", "com.example:A"}) {
    EXPECT_NE(property_name_error(name), std::nullopt) << name;
  }
}

TEST(FullName, HasAtMost255BytesWithItsSnapshot) {
  const std::string dataset(200, 'a');
  EXPECT_EQ(full_name_error(dataset, std::string(54, 's')), std::nullopt);
  EXPECT_EQ(full_name_error(dataset, std::string(55, 's')).value(),
            dataset + "@" + std::string(55, 's') +
                " would have 256 bytes, and ZFS allows 255 for a dataset's name with "
                "its snapshot's");
}

}  // namespace
}  // namespace czb
