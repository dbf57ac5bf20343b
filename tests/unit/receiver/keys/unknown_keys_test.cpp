// SPDX-License-Identifier: MIT
// Whose keys nobody has written down (receiver/keys/unknown_keys.h).
#include "receiver/keys/unknown_keys.h"

#include "error.h"
#include "receiver/receiver_program.h"

namespace czb::receiver_test {
namespace {

class UnknownKeysTest : public ReceiverProgramTest {
 protected:
  std::size_t count() const { return receiver::count_unknown_keys(folder_ / "zfs", root, folder_.path()); }
};

TEST_F(UnknownKeysTest, AreOfWhatIsEncryptedThereAndHasNoRecord) {
  zfs(R"(printf '%s\t%s\n' offsite/zippy offsite/zippy offsite/zippy/a offsite/zippy offsite/zippy/b offsite/zippy/b \
    offsite/zippy/clear - offsite/zippy/ours offsite offsite/zippy/others offsite/zippy2
)");
  EXPECT_EQ(count(), 3U);
  folder_.file("offsite%zippy.key", "");
  folder_.file("offsite%zippy%b.key", "");
  EXPECT_EQ(count(), 1U);
}

TEST_F(UnknownKeysTest, AreNoneBeforeTheFirstPushAndAnErrorWhereZfsDoesNotTell) {
  zfs(missing(root));
  EXPECT_EQ(count(), 0U);
  zfs("echo 'cannot open: I/O error' >&2; exit 1\n");
  EXPECT_THROW(count(), Error);
}

}  // namespace
}  // namespace czb::receiver_test
