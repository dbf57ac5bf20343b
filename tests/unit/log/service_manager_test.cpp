// SPDX-License-Identifier: MIT
// What the service manager is told, at the other end of its socket.
#include "log/service_manager.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cstdlib>
#include <cstring>

#include "fixtures/temporary_folder.h"
#include "process/descriptor.h"

namespace czb {
namespace {

class ServiceManagerTest : public ::testing::Test {
 protected:
  ~ServiceManagerTest() override { ::unsetenv("NOTIFY_SOCKET"); }

  // Listens at `path`, an '@' at its begin standing for a NUL, and puts it into the environment.
  void listen_at(const std::string& path) {
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    ASSERT_LT(path.size(), sizeof address.sun_path);
    std::memcpy(address.sun_path, path.data(), path.size());
    if (path.front() == '@') address.sun_path[0] = '\0';
    socket_ = Descriptor(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
    ASSERT_EQ(::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), length), 0) << std::strerror(errno);
    ASSERT_EQ(::setenv("NOTIFY_SOCKET", path.c_str(), 1), 0);
  }

  // The next message; "-" where there is none.
  std::string heard() {
    std::array<char, 1024> text;
    const ssize_t got = ::recv(socket_.get(), text.data(), text.size(), MSG_DONTWAIT);
    return got < 0 ? "-" : std::string(text.data(), static_cast<std::size_t>(got));
  }

  const TemporaryFolder folder_;
  Descriptor socket_;
};

TEST_F(ServiceManagerTest, HearsTheStatusAtASocketThatIsAFile) {
  listen_at(folder_ / "notify");
  tell_service_manager("job home is running");
  EXPECT_EQ(heard(), "STATUS=job home is running");
}

TEST_F(ServiceManagerTest, HearsTheStatusAtAnAbstractSocket) {
  listen_at("@cyber-zfs-backup-test-" + std::to_string(::getpid()));
  tell_service_manager("home: all well");
  EXPECT_EQ(heard(), "STATUS=home: all well");
}

TEST_F(ServiceManagerTest, HearsOneLineWhateverTheStatusHolds) {
  listen_at(folder_ / "notify");
  tell_service_manager("one\nREADY=1");
  EXPECT_EQ(heard(), "STATUS=one READY=1");
}

TEST_F(ServiceManagerTest, IsNotTalkedToWhereNoneListens) {
  listen_at(folder_ / "notify");
  for (const char* elsewhere : {"", "/", "relative", "/nowhere/at/all"}) {
    ASSERT_EQ(::setenv("NOTIFY_SOCKET", elsewhere, 1), 0);
    tell_service_manager("lost");
  }
  ASSERT_EQ(::unsetenv("NOTIFY_SOCKET"), 0);
  tell_service_manager("lost");
  EXPECT_EQ(heard(), "-");
}

}  // namespace
}  // namespace czb
