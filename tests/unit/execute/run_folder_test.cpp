// SPDX-License-Identifier: MIT
// Where a run keeps its locks and sockets (execute/run_folder.h). In children: run by root, they become a user whom
// nobody knows, so that no folder of a real user is touched.
#include "execute/run_folder.h"

#include <gmock/gmock.h>
#include <grp.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "error.h"
#include "real_process.h"

namespace czb {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class RunFolderTest : public ::testing::Test {
 protected:
  // Before, too: a process of the same number may have been killed.
  RunFolderTest() { remove_wanted(); }
  ~RunFolderTest() override { remove_wanted(); }
  void remove_wanted() const {
    if (is_root_) std::filesystem::remove_all(wanted_);
  }

  // What `body` returns as that user, or the message of the Error that it throws.
  std::string as_user(const std::function<std::string()>& body) const {
    return test::in_a_child([&]() -> std::string {
      if (is_root_ && (::setgroups(0, nullptr) != 0 || ::setgid(user_) != 0 || ::setuid(user_) != 0))
        return "could not become another user";
      try {
        return body();
      } catch (const Error& error) {
        return std::string(error.code() == ExitCode::failed ? "failed: " : "other: ") + error.what();
      }
    });
  }

  static std::string mode_of(const std::string& path) {
    struct stat status = {};
    if (::lstat(path.c_str(), &status) != 0) return "missing";
    return std::to_string(status.st_mode >> 6 & 7) + std::to_string(status.st_mode >> 3 & 7) +
           std::to_string(status.st_mode & 7);
  }

  const bool is_root_ = ::geteuid() == 0;
  const uid_t user_ = is_root_ ? 50'000 + static_cast<uid_t>(::getpid()) % 10'000 : ::geteuid();
  const std::string in_tmp_ = "/tmp/cyber-zfs-backup-" + std::to_string(user_);
  const std::string of_login_ = "/run/user/" + std::to_string(user_);
  // Whoever runs the tests without root may have logged in.
  const std::string wanted_ = std::filesystem::exists(of_login_) ? of_login_ + "/cyber-zfs-backup" : in_tmp_;
};

// Spoils the wanted folder on purpose, so only for the user whom nobody knows.
class SpoiltRunFolderTest : public RunFolderTest {
 protected:
  void SetUp() override {
    if (!is_root_) GTEST_SKIP() << "only root can become somebody else";
  }
  void expect_refused() {
    EXPECT_THAT(as_user([] { return runtime_directory(); }),
                AllOf(StartsWith("failed: " + wanted_), HasSubstr("must be a folder of this user's own with mode 0700"),
                      HasSubstr("Remove it")));
  }
};

TEST_F(RunFolderTest, TheRuntimeDirectoryIsTheUsersOwnAndClosedToOthers) {
  for (const char* when : {"made", "found"}) {
    EXPECT_EQ(as_user([] { return runtime_directory(); }), wanted_) << when;
    EXPECT_EQ(mode_of(wanted_), "700") << when;
  }
}

TEST_F(RunFolderTest, IsTheSameWithAndWithoutALogin) {
  EXPECT_EQ(as_user([] {
              ::setenv("XDG_RUNTIME_DIR", "/nowhere", 1);
              return runtime_directory();
            }),
            wanted_);
}

// The user whom nobody knows logs in.
class LoginRunFolderTest : public RunFolderTest {
 protected:
  void SetUp() override {
    if (!is_root_) GTEST_SKIP() << "only root can make the folder of a login";
    std::filesystem::create_directories("/run/user");
    ASSERT_EQ(::mkdir(of_login_.c_str(), 0700), 0);
    ASSERT_EQ(::chown(of_login_.c_str(), user_, user_), 0);
  }
  void TearDown() override {
    if (is_root_) std::filesystem::remove_all(of_login_);
  }
  std::string runtime() const {
    return as_user([] { return runtime_directory(); });
  }
  std::string locks() const {
    return as_user([] {
      std::string text;
      for (const std::string& folder : lock_directories()) text += folder + "\n";
      return text;
    });
  }

  const std::string own_ = of_login_ + "/cyber-zfs-backup";
};

TEST_F(LoginRunFolderTest, TheFolderOfALoginComesBeforeTmp) {
  EXPECT_EQ(runtime(), own_);
  EXPECT_EQ(mode_of(own_), "700");
  EXPECT_EQ(mode_of(in_tmp_), "missing");
}

TEST_F(LoginRunFolderTest, LocksAreTakenInTmpTooWhereARunWithoutALoginHasThem) {
  EXPECT_EQ(locks(), own_ + "\n" + in_tmp_ + "\n");
  std::filesystem::remove_all(of_login_);
  EXPECT_EQ(locks(), in_tmp_ + "\n");
}

TEST_F(LoginRunFolderTest, WhatSomebodyElseHasPutIntoTmpIsNoObstacle) {
  ASSERT_EQ(::mkdir(in_tmp_.c_str(), 0777), 0);
  EXPECT_EQ(runtime(), own_);
  EXPECT_EQ(locks(), own_ + "\n");
}

TEST_F(LoginRunFolderTest, ARunOfNoLoginHasItsOwnFolderWhereTheLastLogoutLeavesIt) {
  const auto parent = [&](const char* session) {
    return as_user([&] {
      session == nullptr ? ::unsetenv("XDG_RUNTIME_DIR") : ::setenv("XDG_RUNTIME_DIR", session, 1);
      return std::filesystem::path(RunFolder().path()).parent_path().string();
    });
  };
  EXPECT_EQ(parent(of_login_.c_str()), own_);
  EXPECT_EQ(parent(nullptr), in_tmp_);
  EXPECT_EQ(parent("/nowhere"), in_tmp_);
  // Where somebody else has taken that place, the other one is better than none.
  std::filesystem::remove_all(in_tmp_);
  ASSERT_EQ(::mkdir(in_tmp_.c_str(), 0777), 0);
  EXPECT_EQ(parent(nullptr), own_);
}

TEST_F(LoginRunFolderTest, AFolderThatIsNotTheUsersAloneIsNotTaken) {
  ASSERT_EQ(::chmod(of_login_.c_str(), 0770), 0);
  EXPECT_EQ(runtime(), in_tmp_);
  ASSERT_EQ(::chmod(of_login_.c_str(), 0500), 0);
  EXPECT_EQ(runtime(), in_tmp_);
  ASSERT_EQ(::chmod(of_login_.c_str(), 0700), 0);
  ASSERT_EQ(::chown(of_login_.c_str(), 0, 0), 0);
  EXPECT_EQ(runtime(), in_tmp_);
}

TEST_F(RunFolderTest, RootsIsInRun) {
  if (!is_root_) GTEST_SKIP() << "only root can write there";
  EXPECT_EQ(runtime_directory(), "/run/cyber-zfs-backup");
  EXPECT_EQ(mode_of("/run/cyber-zfs-backup"), "700");
  EXPECT_EQ(lock_directories(), std::vector<std::string>{"/run/cyber-zfs-backup"});
}

TEST_F(RunFolderTest, EachRunHasItsOwnFolderAndRemovesItWithAllThatIsInIt) {
  EXPECT_EQ(as_user([]() -> std::string {
              std::string path;
              {
                const RunFolder one;
                const RunFolder two;
                path = one.path();
                if (one.path() == two.path()) return "the same";
                if (mode_of(path) != "700") return "open to others";
                std::filesystem::create_directories(path + "/a/b");
              }
              return std::filesystem::exists(path) ? "still there" : "gone";
            }),
            "gone");
}

TEST_F(SpoiltRunFolderTest, AFolderThatOthersMayReadIsRefused) {
  as_user([&] { return std::to_string(::mkdir(wanted_.c_str(), 0755)); });
  ASSERT_EQ(mode_of(wanted_), "755");
  expect_refused();
}

TEST_F(SpoiltRunFolderTest, SomebodyElsesFolderIsRefused) {
  ASSERT_EQ(::mkdir(wanted_.c_str(), 0700), 0);
  expect_refused();
}

TEST_F(SpoiltRunFolderTest, ASymbolicLinkIsRefused) {
  std::filesystem::create_directory_symlink("/tmp", wanted_);
  expect_refused();
}

TEST_F(SpoiltRunFolderTest, AFileIsRefused) {
  as_user([&] {
    std::ofstream{wanted_};
    return std::to_string(::chmod(wanted_.c_str(), 0600));
  });
  expect_refused();
}

}  // namespace
}  // namespace czb
