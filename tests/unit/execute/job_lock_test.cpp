// SPDX-License-Identifier: MIT
// One run per tree at a time (execute/job_lock.h).
#include "execute/job_lock.h"

#include <gmock/gmock.h>

#include <optional>

#include "error.h"
#include "fixtures/temporary_folder.h"
#include "real_process.h"

namespace czb {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

std::string refusal_of(const std::string& folder, const std::string& dataset, ExitCode expected) {
  try {
    const JobLock lock(folder, dataset);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), expected);
    return error.what();
  }
  return "(locked)";
}

TEST(JobLock, ExcludesASecondRunAndSaysWhoHoldsIt) {
  const TemporaryFolder folder;
  const JobLock lock(folder.path(), "tank/home");
  EXPECT_THAT(refusal_of(folder.path(), "tank/home", ExitCode::busy),
              AllOf(HasSubstr("tank/home"), HasSubstr("process " + std::to_string(::getpid()) + " since 20")));
}

TEST(JobLock, WhoHoldsItCanBeAskedWithoutTakingIt) {
  const TemporaryFolder folder;
  EXPECT_EQ(lock_holder(folder.path(), "tank/home"), std::nullopt);
  std::optional<JobLock> lock(std::in_place, folder.path(), "tank/home");
  EXPECT_THAT(lock_holder(folder.path(), "tank/home").value_or(""),
              HasSubstr("process " + std::to_string(::getpid()) + " since 20"));
  EXPECT_EQ(lock_holder(folder.path(), "tank"), std::nullopt);
  lock.reset();
  EXPECT_EQ(lock_holder(folder.path(), "tank/home"), std::nullopt);
}

TEST(JobLock, IsFreeAgainAfterwards) {
  const TemporaryFolder folder;
  { const JobLock lock(folder.path(), "tank/home"); }
  EXPECT_EQ(refusal_of(folder.path(), "tank/home", ExitCode::ok), "(locked)");
}

TEST(JobLock, DifferentTreesDoNotExcludeEachOther) {
  const TemporaryFolder folder;
  const JobLock one(folder.path(), "tank/a/b");
  const JobLock two(folder.path(), "tank/a:b");
  const JobLock three(folder.path(), "tank");
  EXPECT_EQ(refusal_of(folder.path(), "tank/a", ExitCode::ok), "(locked)");
}

TEST(JobLock, IsLetGoWhenItsHolderIsKilled) {
  const TemporaryFolder folder;
  std::optional<JobLock> lock;
  EXPECT_EQ(test::in_a_child([&]() -> std::string {
              lock.emplace(folder.path(), "tank");
              ::raise(SIGKILL);
              return "";
            }),
            "killed by signal 9");
  EXPECT_EQ(refusal_of(folder.path(), "tank", ExitCode::ok), "(locked)");
}

TEST(JobLock, IsNotInheritedByTheCommandsThatItsHolderStarts) {
  const TemporaryFolder folder;
  const auto transport = test::local_transport();
  std::optional<JobLock> lock(std::in_place, folder.path(), "tank");
  const auto process = start(*transport, {"sleep", "1000"}, {});
  lock.reset();
  EXPECT_EQ(refusal_of(folder.path(), "tank", ExitCode::ok), "(locked)");
}

TEST(JobLock, TakesTheLongestNameThatZfsAllows) {
  const TemporaryFolder folder;
  EXPECT_EQ(refusal_of(folder.path(), "tank/" + std::string(250, 'x'), ExitCode::ok), "(locked)");
}

TEST(JobLock, DoesNotFollowASymbolicLink) {
  const TemporaryFolder folder;
  std::filesystem::create_symlink(folder.file("elsewhere", "precious"), folder / "tank.lock");
  EXPECT_THAT(refusal_of(folder.path(), "tank", ExitCode::failed), HasSubstr("could not open the lock file"));
}

TEST(JobLock, AMissingFolderIsAnErrorThatNamesTheFile) {
  EXPECT_THAT(refusal_of("/no/such/folder", "tank", ExitCode::failed), HasSubstr("/no/such/folder/tank.lock"));
}

}  // namespace
}  // namespace czb
