// SPDX-License-Identifier: MIT
#include "process/descriptor.h"

#include <fcntl.h>
#include <sys/ioctl.h>

#include <cerrno>
#include <cstring>

#include "error.h"

namespace czb {

Pipe make_pipe(int size) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0)
    throw Error(ExitCode::failed, std::string("could not make a pipe: ") + std::strerror(errno));
  // More than an unprivileged user may have is refused by the kernel: then the default serves.
  if (size > 0) fcntl(ends[1], F_SETPIPE_SZ, size);
  return {Descriptor(ends[0]), Descriptor(ends[1])};
}

void set_nonblocking(int fd) { fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK); }

std::size_t bytes_in_pipe(int fd) {
  int bytes = 0;
  return ioctl(fd, FIONREAD, &bytes) == 0 ? static_cast<std::size_t>(bytes) : 0;
}

}  // namespace czb
