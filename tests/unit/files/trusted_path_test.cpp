// SPDX-License-Identifier: MIT
// A plugin file is trusted only when nobody else can change it or put another in its place.
#include "files/trusted_path.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>

#include "error.h"
#include "fixtures/temporary_folder.h"
#include "process/descriptor.h"

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

class Way : public TrustedPath {
 protected:
  Way() { folder_.file("c.yaml", "jobs: {}"); }
  std::string problem(const std::string& path) const {
    return way_problem(path, ::geteuid(), "change what a run does").value_or("none");
  }

  const std::string config_ = folder_ / "c.yaml";
};

TEST_F(Way, OfOnesOwnIsFine) {
  EXPECT_EQ(problem(config_), "none");
  EXPECT_EQ(problem(plugins_ + "/../c.yaml"), "none");
  EXPECT_EQ(problem("/etc/passwd"), "none");
}

TEST_F(Way, ThatIsRelativeIsMeantFromWhereWeAre) {
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(plugins_);
  EXPECT_EQ(problem("../c.yaml"), "none");
  ASSERT_EQ(::chmod(config_.c_str(), 0666), 0);
  EXPECT_EQ(problem("../c.yaml"),
            config_ + " can be written by others, who could change what a run does: chmod go-w " + config_);
  std::filesystem::current_path(before);
}

TEST_F(Way, AFileOrFolderThatOthersCanWriteIsNamedWithWhatToType) {
  for (const unsigned mode : {0664U, 0646U}) {
    ASSERT_EQ(::chmod(config_.c_str(), mode), 0);
    EXPECT_EQ(problem(config_),
              config_ + " can be written by others, who could change what a run does: chmod go-w " + config_);
  }
  ASSERT_EQ(::chmod(config_.c_str(), 0644), 0);
  ASSERT_EQ(::chmod(folder_.path().c_str(), 0770), 0);
  EXPECT_EQ(
      problem(config_),
      folder_.path() + " can be written by others, who could change what a run does: chmod go-w " + folder_.path());
}

TEST_F(Way, WhatBelongsToSomebodyElseIsNamedWithWhatToType) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give files away";
  ASSERT_EQ(::chown(config_.c_str(), somebody_else, 0), 0);
  EXPECT_EQ(
      problem(config_),
      config_ +
          " belongs to user 4242, who could change what a run does: it must belong to root or to user 0: chown -h 0 " +
          config_);
  ASSERT_EQ(::chown(config_.c_str(), 0, 0), 0);
  ASSERT_EQ(::chown(folder_.path().c_str(), somebody_else, 0), 0);
  EXPECT_EQ(problem(config_),
            folder_.path() +
                " belongs to user 4242, who could change what a run does: keep the file where only root or "
                "user 0 can write, such as in /etc/cyber-zfs-backup");
}

// Debian's users have the umask 002, and a group of their own.
TEST_F(Way, AGroupThatHasNobodyElseMayWrite) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give files away";
  const passwd* const own = ::getpwnam("games");
  ASSERT_NE(own, nullptr);
  const uid_t games = own->pw_uid;
  ASSERT_EQ(::chown(config_.c_str(), games, own->pw_gid), 0);
  ASSERT_EQ(::chmod(config_.c_str(), 0664), 0);
  EXPECT_EQ(way_problem(config_, games, "change what a run does").value_or("none"), "none");
  ASSERT_EQ(::chown(config_.c_str(), games, 0), 0);
  EXPECT_NE(way_problem(config_, games, "change what a run does").value_or("none").find("can be written by others"),
            std::string::npos);
}

TEST_F(Way, InRootsStickyFolderEachEntryIsJudgedByItself) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can make such a folder";
  ASSERT_EQ(::chmod(folder_.path().c_str(), 01777), 0);
  EXPECT_EQ(problem(config_), "none");
  ASSERT_EQ(::chown(config_.c_str(), somebody_else, 0), 0);
  EXPECT_NE(problem(config_).find("belongs to user 4242"), std::string::npos);
  EXPECT_EQ(problem(folder_ / "absent"),
            (folder_ / "absent") + " does not exist, and others could make it: name a file in a folder of your own");
}

// Its file may be root's today, and another tomorrow.
TEST_F(Way, ASymbolicLinkOfSomebodyElsesIsRefusedWhereverItLeads) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give links away";
  ASSERT_EQ(::chmod(folder_.path().c_str(), 01777), 0);
  const std::string link = folder_ / "link";
  std::filesystem::create_symlink("/etc/passwd", link);
  EXPECT_EQ(problem(link), "none");
  ASSERT_EQ(::lchown(link.c_str(), somebody_else, 0), 0);
  EXPECT_NE(problem(link).find(link + " belongs to user 4242"), std::string::npos);
  const std::string folder_link = folder_ / "folder";
  std::filesystem::create_directory_symlink("/etc", folder_link);
  ASSERT_EQ(::lchown(folder_link.c_str(), somebody_else, 0), 0);
  EXPECT_NE(problem(folder_link + "/passwd").find(folder_link + " belongs to user 4242"), std::string::npos);
}

TEST_F(Way, WhatLiesBehindALinkIsHeldToTheSame) {
  std::filesystem::create_symlink("plugins/naming-x.so", folder_ / "link");
  EXPECT_EQ(problem(folder_ / "link"), "none");
  ASSERT_EQ(::chmod(plugins_.c_str(), 0777), 0);
  EXPECT_NE(problem(folder_ / "link").find(plugins_ + " can be written by others"), std::string::npos);
  std::filesystem::create_symlink("loop", folder_ / "loop");
  EXPECT_NE(problem(folder_ / "loop").find("too many symbolic links"), std::string::npos);
}

TEST_F(Way, WhatDoesNotExistIsNotForItToSay) {
  EXPECT_EQ(problem(folder_ / "absent"), "none");
  EXPECT_EQ(problem(folder_ / "absent/c.yaml"), "none");
  EXPECT_EQ(problem(config_ + "/below-a-file"), "none");
}

TEST_F(Way, ToADeviceIsFine) {
  EXPECT_EQ(problem("/dev/zero"), "none");
  EXPECT_EQ(problem("/dev/null"), "none");
}

// The tools' `echo … | sudo cyber-zfs-backup --config /dev/stdin`: a pipe, or a terminal, that is another user's.
TEST_F(Way, WhatIsTypedOrPipedIsOfWhoeverStartedTheProgram) {
  const Pipe pipe = make_pipe();
  const int terminal = ::posix_openpt(O_RDWR | O_NOCTTY);
  ASSERT_GE(terminal, 0);
  const Descriptor owned(terminal);
  if (::geteuid() == 0) {
    ASSERT_EQ(::fchown(pipe.read.get(), somebody_else, 0), 0);
    ASSERT_EQ(::fchown(terminal, somebody_else, 0), 0);
  }
  for (const int descriptor : {pipe.read.get(), terminal})
    for (const char* folder : {"/dev/fd/", "/proc/self/fd/"})
      EXPECT_EQ(problem(folder + std::to_string(descriptor)), "none");
  EXPECT_EQ(descriptor_named("/dev/stdin"), 0);
  for (const char* other :
       {"/dev/stdin/", "/dev/fd/", "/dev/fd/x", "/dev/fd/-1", "/dev/fd/1/", "/proc/1/fd/0", "stdin"})
    EXPECT_EQ(descriptor_named(other), std::nullopt) << other;
  EXPECT_EQ(problem("/dev/fd/1234567"), "cannot examine /dev/fd/1234567: Bad file descriptor");
}

TEST_F(Way, OfAnOpenFileOfSomebodyElseIsToldWhoseItIs) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give files away";
  const Descriptor file(::open(config_.c_str(), O_RDONLY | O_CLOEXEC));
  ASSERT_EQ(::chown(config_.c_str(), somebody_else, 0), 0);
  EXPECT_NE(problem("/dev/fd/" + std::to_string(file.get())).find(config_ + " belongs to user 4242"),
            std::string::npos);
}

TEST_F(Way, OfAnOpenFileTheFileIsLookedAt) {
  const Descriptor file(::open(config_.c_str(), O_RDONLY | O_CLOEXEC));
  const std::string name = "/dev/fd/" + std::to_string(file.get());
  EXPECT_EQ(problem(name), "none");
  ASSERT_EQ(::chmod(config_.c_str(), 0666), 0);
  EXPECT_EQ(problem(name),
            config_ + " can be written by others, who could change what a run does: chmod go-w " + config_);
  std::filesystem::remove(config_);
  EXPECT_EQ(problem(name), "none") << "as a shell's here-document is gone before it is read";
}

TEST_F(TrustedPath, MustBeAbsolute) {
  EXPECT_THROW(trusted_plugin_file("plugins", "naming-x.so", ::geteuid()), Error);
  EXPECT_THROW(trusted_plugin_file("", "naming-x.so", ::geteuid()), Error);
  EXPECT_TRUE(path_problem("naming-x.so", ::geteuid()));
}

}  // namespace
}  // namespace czb
