// SPDX-License-Identifier: MIT
#include "log/service_manager.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <string_view>

#include "text/visible.h"

namespace czb {
namespace {

constexpr std::size_t longest_status = 2000;

}  // namespace

void tell_service_manager(const std::string& status) {
  const char* const variable = std::getenv("NOTIFY_SOCKET");
  const std::string_view path = variable == nullptr ? "" : variable;
  sockaddr_un address = {};
  if (path.size() < 2 || path.size() >= sizeof address.sun_path || (path.front() != '/' && path.front() != '@')) return;
  address.sun_family = AF_UNIX;
  std::copy(path.begin(), path.end(), address.sun_path);
  if (path.front() == '@') address.sun_path[0] = '\0';  // not a file: a name in the kernel
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());

  std::string message = "STATUS=" + printable(status).substr(0, longest_status);
  std::replace(message.begin(), message.end(), '\n', ' ');
  const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return;
  ::sendto(fd, message.data(), message.size(), MSG_DONTWAIT | MSG_NOSIGNAL, reinterpret_cast<const sockaddr*>(&address),
           length);
  ::close(fd);
}

}  // namespace czb
