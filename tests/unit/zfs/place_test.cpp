// SPDX-License-Identifier: MIT
#include "zfs/place.h"

#include <gtest/gtest.h>

#include "error.h"
#include "zfs/commands.h"

namespace czb {
namespace {

TEST(ReceivePlaceTest, SaysWhatEncryptsAndWhetherItsKeyIsLoaded) {
  EXPECT_EQ(place_command("far"), (CommandLine{"zfs", "list", "-H", "-t", "filesystem,volume", "-o",
                                               "name,encryptionroot,keystatus", "far"}));
  const ReceivePlace clear = parse_place("far\t-\t-\n", "far");
  EXPECT_EQ(clear.dataset, "far");
  EXPECT_EQ(clear.encryption_root, "");
  EXPECT_TRUE(clear.key_is_loaded);
  const ReceivePlace encrypted = parse_place("far/b\tfar\tavailable\n", "far/b");
  EXPECT_EQ(encrypted.encryption_root, "far");
  EXPECT_TRUE(encrypted.key_is_loaded);
  EXPECT_FALSE(parse_place("far/b\tfar\tunavailable\n", "far/b").key_is_loaded);
}

TEST(ReceivePlaceTest, RefusesWhatIsNoSuchLine) {
  for (const char* const output : {"", "far", "far\t-\t-", "other\t-\t-\n", "far\t-\n"})
    EXPECT_THROW(parse_place(output, "far"), Error) << output;
}

}  // namespace
}  // namespace czb
