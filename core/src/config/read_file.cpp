// SPDX-License-Identifier: MIT
#include "config/read_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <system_error>

#include "error.h"
#include "files/trusted_path.h"

namespace czb {
namespace {

struct Descriptor {
  int number;
  explicit Descriptor(int opened) : number(opened) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (number >= 0) ::close(number);
  }
};

[[noreturn]] void fail(const std::string& path, int reason) {
  throw Error(ExitCode::usage, "cannot read the configuration " + path + ": " +
                                   std::error_code(reason, std::generic_category()).message());
}

// What is open already is read as it is: to open a pipe or a terminal of somebody else's by its name may be denied.
int opened(const std::string& path) {
  struct stat status = {};
  const std::optional<int> descriptor = descriptor_named(path);
  if (descriptor && ::fstat(*descriptor, &status) == 0 && !S_ISREG(status.st_mode))
    return ::fcntl(*descriptor, F_DUPFD_CLOEXEC, 0);
  return ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY);
}

}  // namespace

std::string read_file(const std::string& path, std::size_t limit) {
  if (const auto problem = way_problem(path, ::geteuid(), "change what a run does"))
    throw Error(ExitCode::usage, "the configuration " + path + " is not used: " + *problem);
  const Descriptor file(opened(path));
  if (file.number < 0) fail(path, errno);
  std::string text;
  std::array<char, 65536> buffer{};
  while (text.size() < limit) {
    const ssize_t got = ::read(file.number, buffer.data(), std::min(buffer.size(), limit - text.size()));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail(path, errno);
    if (got == 0) break;
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
  return text;
}

}  // namespace czb
