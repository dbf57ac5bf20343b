// SPDX-License-Identifier: MIT
// A backup host that cannot be reached: said in words that help, and the source is looked after all the same.
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>

#include "lab.h"

namespace czb::lab {
namespace {

// Takes connections and says nothing.
class SilentServer {
 public:
  SilentServer() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 || ::listen(socket_, 8) != 0)
      throw std::runtime_error("cannot listen");
    socklen_t size = sizeof address;
    ::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
  }
  SilentServer(const SilentServer&) = delete;
  SilentServer& operator=(const SilentServer&) = delete;
  ~SilentServer() { ::close(socket_); }

  std::string port() const { return std::to_string(port_); }

 private:
  int socket_;
  int port_ = 0;
};

class UnreachableTest : public LabTest {
 protected:
  // Days 1 to 3 are there, and day 4 is a run that cannot reach the target: the one snapshot that may go does.
  void expect_unreachable(const std::string& way, const Words& texts) {
    make_tree({"child"});
    for (int day = 1; day <= 3; ++day) take_snapshot(day);
    retention = "{plugin: gfs, daily: 2, weekly: 0, monthly: 0, yearly: 0}";
    transport = way;
    EXPECT_THAT(backup(4), Exits(unreachable, texts + Words{"took " + source + "@" + noon(4), "expired 2 snapshots"}));
    EXPECT_TRUE(exists(source + "/child@" + noon(4)));
    EXPECT_FALSE(exists(source + "/child@" + noon(1)));
    EXPECT_TRUE(comes_true([] { return processes_called("ssh").empty(); }));
  }
};

TEST_F(UnreachableTest, NothingListensAtThePort) {
  expect_unreachable(ssh_transport(ssh_config(), ", options: [Port=9]"),
                     {"cannot reach ssh offsite", "Connection refused", "is its sshd running"});
}

TEST_F(UnreachableTest, TheHostAcceptsNoKeyOfOurs) {
  succeed({"ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder + "/unknown_key"});
  std::string config = read_file(ssh_config());
  const std::string known = "/root/ssh/client_key";
  config.replace(config.find(known), known.size(), folder + "/unknown_key");
  write_file(folder + "/ssh_config", config);
  expect_unreachable(ssh_transport(folder + "/ssh_config"),
                     {"cannot reach ssh offsite", "Permission denied", "accepts none of the keys"});
}

TEST_F(UnreachableTest, TheHostsKeyIsUnknown) {
  expect_unreachable(ssh_transport(ssh_config(), ", options: [UserKnownHostsFile=/dev/null]"),
                     {"cannot reach ssh offsite", "Host key verification failed", "connect once by hand"});
}

TEST_F(UnreachableTest, TheServerTakesTheConnectionAndIsSilent) {
  const SilentServer server;
  expect_unreachable("{plugin: ssh, destination: offsite, connect-timeout: 2s, config: " + ssh_config() +
                         ", options: [Port=" + server.port() + "]}",
                     {"cannot reach ssh offsite"});
}

}  // namespace
}  // namespace czb::lab
