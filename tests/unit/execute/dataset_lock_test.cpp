// SPDX-License-Identifier: MIT
// What changes a dataset excludes what changes it, an ancestor or a descendant (execute/dataset_lock.h).
#include "execute/dataset_lock.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <filesystem>
#include <optional>
#include <set>

#include "error.h"
#include "fixtures/temporary_folder.h"
#include "real_process.h"
#include "sha256.h"

namespace czb {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

// "" when the lock could be taken.
std::string refusal_of(const std::string& folder, const std::string& dataset, ExitCode expected = ExitCode::busy,
                       LockScope scope = LockScope::tree) {
  try {
    const DatasetLock lock(folder, dataset, scope);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), expected);
    return error.what();
  }
  return "";
}

TEST(DatasetLock, ExcludesTheSameDatasetInTheWordsThatASenderWaitsFor) {
  const TemporaryFolder folder;
  const DatasetLock lock(folder.path(), "tank/home");
  EXPECT_THAT(refusal_of(folder.path(), "tank/home"), StartsWith("tank/home: dataset is busy: "));
}

TEST(DatasetLock, ExcludesAncestorsAndDescendants) {
  const TemporaryFolder folder;
  const DatasetLock lock(folder.path(), "tank/home/a");
  for (const char* dataset : {"tank", "tank/home", "tank/home/a/b", "tank/home/a/b/c"})
    EXPECT_THAT(refusal_of(folder.path(), dataset), StartsWith(std::string(dataset) + ": dataset is busy: "))
        << dataset;
}

TEST(DatasetLock, SiblingsAndCousinsGoTogether) {
  const TemporaryFolder folder;
  const DatasetLock lock(folder.path(), "tank/home/a");
  for (const char* dataset : {"tank/home/b", "tank/home/a2", "tank/other", "tank/home/b/a", "tank2", "tank:home"})
    EXPECT_EQ(refusal_of(folder.path(), dataset), "") << dataset;
}

TEST(DatasetLock, SingleDatasetsOfATreeGoTogether) {
  const TemporaryFolder folder;
  const auto single = [&](const std::string& dataset) {
    return refusal_of(folder.path(), dataset, ExitCode::busy, LockScope::dataset);
  };
  const DatasetLock lock(folder.path(), "tank/home/a", LockScope::dataset);
  for (const char* dataset : {"tank", "tank/home", "tank/home/a/b", "tank/home/b"}) EXPECT_EQ(single(dataset), "");
  EXPECT_THAT(single("tank/home/a"), StartsWith("tank/home/a: dataset is busy: "));
  for (const char* dataset : {"tank", "tank/home", "tank/home/a"})
    EXPECT_THAT(refusal_of(folder.path(), dataset), StartsWith(std::string(dataset) + ": dataset is busy: "))
        << dataset;
  for (const char* dataset : {"tank/home/a/b", "tank/home/b"})
    EXPECT_EQ(refusal_of(folder.path(), dataset), "") << dataset;
}

TEST(DatasetLock, ATreeExcludesItsSingleDatasets) {
  const TemporaryFolder folder;
  const DatasetLock lock(folder.path(), "tank/home");
  for (const char* dataset : {"tank/home", "tank/home/a", "tank/home/a/b"})
    EXPECT_NE(refusal_of(folder.path(), dataset, ExitCode::busy, LockScope::dataset), "") << dataset;
  EXPECT_EQ(refusal_of(folder.path(), "tank", ExitCode::busy, LockScope::dataset), "");
  EXPECT_EQ(refusal_of(folder.path(), "tank/other", ExitCode::busy, LockScope::dataset), "");
}

TEST(DatasetLock, IsFreeAgainAfterwardsAlsoAfterARefusal) {
  const TemporaryFolder folder;
  {
    const DatasetLock lock(folder.path(), "tank/home");
    EXPECT_NE(refusal_of(folder.path(), "tank/home/a"), "");
  }
  EXPECT_EQ(refusal_of(folder.path(), "tank"), "");
}

TEST(DatasetLock, ThatIsForgottenLeavesNoFileUnlessOthersShareIt) {
  const TemporaryFolder folder;
  const auto names = [&] {
    std::set<std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator(folder.path())) found.insert(entry.path().filename());
    return found;
  };
  for (const LockScope scope : {LockScope::dataset, LockScope::tree}) {
    DatasetLock lock(folder.path(), "tank/gone", scope);
    lock.forget();
    EXPECT_EQ(names(), (std::set<std::string>{"tank.lock"}));
    EXPECT_EQ(refusal_of(folder.path(), "tank/gone", ExitCode::busy, scope), "");
    std::filesystem::remove(folder / "tank%gone.lock");
    std::filesystem::remove(folder / "tank%gone.lock%single");
  }
  DatasetLock above(folder.path(), "tank/a", LockScope::dataset);
  const DatasetLock below(folder.path(), "tank/a/b", LockScope::dataset);
  above.forget();
  EXPECT_EQ(names().count("tank%a.lock"), 1U);
  EXPECT_THAT(refusal_of(folder.path(), "tank/a"), HasSubstr("busy"));
}

TEST(DatasetLock, IsLetGoWhenItsHolderIsKilled) {
  const TemporaryFolder folder;
  std::optional<DatasetLock> lock;
  EXPECT_EQ(test::in_a_child([&]() -> std::string {
              lock.emplace(folder.path(), "tank/home");
              ::raise(SIGKILL);
              return "";
            }),
            "killed by signal 9");
  EXPECT_EQ(refusal_of(folder.path(), "tank/home"), "");
}

TEST(DatasetLock, IsNotInheritedByTheCommandsThatItsHolderStarts) {
  const TemporaryFolder folder;
  const auto transport = test::local_transport();
  std::optional<DatasetLock> lock(std::in_place, folder.path(), "tank");
  const auto process = start(*transport, {"sleep", "1000"}, {});
  lock.reset();
  EXPECT_EQ(refusal_of(folder.path(), "tank"), "");
}

TEST(DatasetLock, TakesTheLongestNameThatZfsAllows) {
  const TemporaryFolder folder;
  const std::string longest = "tank/" + std::string(240, 'x');
  const DatasetLock lock(folder.path(), longest);
  EXPECT_NE(refusal_of(folder.path(), longest), "");
  EXPECT_EQ(refusal_of(folder.path(), longest + "y"), "");
}

TEST(DatasetLock, ItsFilesAreForTheirOwnerAlone) {
  const TemporaryFolder folder;
  const DatasetLock lock(folder.path(), "tank/home");
  for (const char* name : {"tank.lock", "tank%home.lock"}) {
    struct stat status = {};
    ASSERT_EQ(::stat((folder / name).c_str(), &status), 0) << name;
    EXPECT_EQ(status.st_mode & 07777U, 0600U) << name;
  }
}

TEST(DatasetLock, WhatRootMakesBelongsToTheFoldersOwner) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root meets another user's folder";
  const TemporaryFolder folder;
  ASSERT_EQ(::chown(folder.path().c_str(), 1234, 2345), 0);
  const std::string precious = folder.file("precious", "x");
  std::filesystem::create_hard_link(precious, folder / "tank%linked.lock");
  const DatasetLock lock(folder.path(), "tank/home");
  const DatasetLock linked(folder.path(), "tank/linked");
  struct stat status = {};
  ASSERT_EQ(::stat((folder / "tank%home.lock").c_str(), &status), 0);
  EXPECT_EQ(status.st_uid, 1234U);
  EXPECT_EQ(status.st_gid, 2345U);
  ASSERT_EQ(::stat(precious.c_str(), &status), 0);
  EXPECT_EQ(status.st_uid, 0U) << "a file that was only linked there is given away";
}

TEST(DatasetLock, WhatIsThereAlreadyKeepsItsOwner) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root meets another user's folder";
  const TemporaryFolder folder;
  ASSERT_EQ(::chown(folder.path().c_str(), 1234, 2345), 0);
  const std::string there = folder.file("tank%home.lock", "");
  const DatasetLock lock(folder.path(), "tank/home");
  struct stat status = {};
  ASSERT_EQ(::stat(there.c_str(), &status), 0);
  EXPECT_EQ(status.st_uid, 0U);
  EXPECT_NE(refusal_of(folder.path(), "tank/home"), "") << "and is the lock all the same";
}

TEST(DatasetLock, WhatIsNoRegularFileIsNoLock) {
  const TemporaryFolder folder;
  ASSERT_EQ(::mkfifo((folder / "tank.lock").c_str(), 0600), 0);
  EXPECT_THAT(refusal_of(folder.path(), "tank", ExitCode::failed), HasSubstr("is not a regular file: remove it"));
}

TEST(DatasetLock, LongNamesAreToldApartBySha256) {
  const std::string name = "tank/" + std::string(240, 'x');
  EXPECT_EQ(lock_file_name("tank/home"), "tank%home.lock");
  EXPECT_EQ(lock_file_name(name), "tank%" + std::string(115, 'x') + "%" + hexadecimal(sha256(name)) + ".lock");
  EXPECT_NE(lock_file_name(name), lock_file_name(name + "y"));
  EXPECT_EQ(hexadecimal(sha256("abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");  // FIPS 180-2
}

TEST(DatasetLock, DoesNotFollowASymbolicLink) {
  const TemporaryFolder folder;
  std::filesystem::create_symlink(folder.file("elsewhere", "precious"), folder / "tank.lock");
  EXPECT_THAT(refusal_of(folder.path(), "tank", ExitCode::failed), HasSubstr("could not open the lock file"));
  EXPECT_THAT(refusal_of(folder.path(), "tank/a", ExitCode::failed), HasSubstr("could not open the lock file"));
}

TEST(DatasetLock, AMissingFolderIsAnErrorThatNamesIt) {
  EXPECT_THAT(refusal_of("/no/such/folder", "tank", ExitCode::failed), HasSubstr("/no/such/folder"));
}

}  // namespace
}  // namespace czb
