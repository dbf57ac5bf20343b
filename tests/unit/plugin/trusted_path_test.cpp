// SPDX-License-Identifier: MIT
// A plugin file is trusted only when nobody else can change it or put another in its place.
#include "plugin/trusted_path.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "error.h"
#include "fixtures/temporary_folder.h"

namespace czb {
namespace {

constexpr uid_t somebody_else = 4242;

class TrustedPath : public testing::Test {
 protected:
  TrustedPath() {
    std::filesystem::create_directory(plugins_);
    std::filesystem::permissions(plugins_, std::filesystem::perms(0755));
    folder_.file("plugins/naming-x.so", "not checked here");
    std::filesystem::permissions(file_, std::filesystem::perms(0644));
  }

  std::string refusal(const std::string& name = "naming-x.so") const {
    try {
      trusted_plugin_file(plugins_, name, ::geteuid());
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::usage);
      return error.what();
    }
    return "none";
  }

  TemporaryFolder folder_;
  std::string plugins_ = folder_ / "plugins";
  std::string file_ = plugins_ + "/naming-x.so";
};

TEST_F(TrustedPath, IsReturnedResolved) {
  EXPECT_EQ(trusted_plugin_file(plugins_ + "/../plugins/.", "naming-x.so", ::geteuid()), file_);
}

TEST_F(TrustedPath, RefusesAFileThatOthersCanWrite) {
  for (const unsigned mode : {0664U, 0646U, 0666U}) {
    ASSERT_EQ(::chmod(file_.c_str(), mode), 0);
    EXPECT_EQ(refusal(), file_ + " can be written by others, who could change what is loaded: chmod go-w " + file_);
  }
}

TEST_F(TrustedPath, RefusesAPluginFolderThatOthersCanWrite) {
  for (const unsigned mode : {0775U, 0757U, 01777U}) {
    ASSERT_EQ(::chmod(plugins_.c_str(), mode), 0);
    EXPECT_EQ(refusal(),
              plugins_ + " can be written by others, who could change what is loaded: chmod go-w " + plugins_);
  }
}

TEST_F(TrustedPath, RefusesAFolderAboveThatOthersCanWrite) {
  ASSERT_EQ(::chmod(folder_.path().c_str(), 0775), 0);
  EXPECT_NE(refusal().find(folder_.path() + " can be written by others"), std::string::npos);
}

TEST_F(TrustedPath, ToleratesRootsStickyFoldersAbove) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can make such a folder";
  ASSERT_EQ(::chmod(folder_.path().c_str(), 01777), 0);
  EXPECT_EQ(refusal(), "none");
}

TEST_F(TrustedPath, RefusesStickyFoldersOfAnybodyElse) {
  if (::geteuid() == 0) {
    // Judged as the owner's own, this is a sticky folder that is not root's.
    ASSERT_EQ(::chown(folder_.path().c_str(), somebody_else, 0), 0);
  }
  ASSERT_EQ(::chmod(folder_.path().c_str(), 01777), 0);
  const uid_t user = ::geteuid() == 0 ? somebody_else : ::geteuid();
  const auto problem = path_problem(file_, user);
  ASSERT_TRUE(problem);
  EXPECT_NE(problem->find(folder_.path() + " can be written by others"), std::string::npos);
}

TEST_F(TrustedPath, RefusesWhatBelongsToSomebodyElse) {
  if (::geteuid() == 0) {
    ASSERT_EQ(::chown(file_.c_str(), somebody_else, 0), 0);
    EXPECT_NE(refusal().find(file_ + " belongs to user 4242"), std::string::npos);
    ASSERT_EQ(::chown(file_.c_str(), 0, 0), 0);
    ASSERT_EQ(::chown(plugins_.c_str(), somebody_else, 0), 0);
    EXPECT_NE(refusal().find(plugins_ + " belongs to user 4242"), std::string::npos);
  } else {
    const auto problem = path_problem(file_, somebody_else);
    ASSERT_TRUE(problem);
    EXPECT_NE(problem->find("belongs to user"), std::string::npos);
  }
}

TEST_F(TrustedPath, AcceptsWhatBelongsToRootForAnyUser) {
  EXPECT_EQ(path_problem("/usr/bin", somebody_else), std::nullopt);
}

TEST_F(TrustedPath, FollowsALinkWithinTheFolder) {
  std::filesystem::create_symlink("naming-x.so", plugins_ + "/naming-y.so");
  EXPECT_EQ(trusted_plugin_file(plugins_, "naming-y.so", ::geteuid()), file_);
}

TEST_F(TrustedPath, RefusesALinkOutOfTheFolder) {
  folder_.file("outside.so", "");
  std::filesystem::create_symlink("../outside.so", plugins_ + "/naming-y.so");
  EXPECT_EQ(refusal("naming-y.so"),
            "it leads to " + (folder_ / "outside.so") + ", outside the plugin folder " + plugins_);
  EXPECT_NE(refusal("../outside.so").find("outside the plugin folder"), std::string::npos);
}

TEST_F(TrustedPath, RefusesALinkToNowhere) {
  std::filesystem::create_symlink("nothing", plugins_ + "/naming-y.so");
  EXPECT_NE(refusal("naming-y.so").find("No such file or directory"), std::string::npos);
}

TEST_F(TrustedPath, RefusesAnythingButARegularFile) {
  std::filesystem::create_directory(plugins_ + "/naming-y.so");
  EXPECT_EQ(refusal("naming-y.so"), plugins_ + "/naming-y.so is not a regular file");
  ASSERT_EQ(::mkfifo((plugins_ + "/naming-z.so").c_str(), 0600), 0);
  EXPECT_EQ(refusal("naming-z.so"), plugins_ + "/naming-z.so is not a regular file");
}

TEST_F(TrustedPath, MustBeAbsolute) {
  EXPECT_THROW(trusted_plugin_file("plugins", "naming-x.so", ::geteuid()), Error);
  EXPECT_THROW(trusted_plugin_file("", "naming-x.so", ::geteuid()), Error);
  EXPECT_TRUE(path_problem("naming-x.so", ::geteuid()));
}

}  // namespace
}  // namespace czb
