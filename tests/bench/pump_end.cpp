// SPDX-License-Identifier: MIT
// pump_end write BYTES: writes so many bytes to standard output, as fast as plain write(2) goes, from a
// buffer of 128 KiB. pump_end read: reads standard input to its end and prints how many bytes came.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace {

std::array<char, 128 * 1024> buffer;

int write_bytes(std::uint64_t left) {
  buffer.fill('z');
  while (left > 0) {
    const ssize_t written = write(STDOUT_FILENO, buffer.data(), std::min<std::uint64_t>(left, buffer.size()));
    if (written <= 0) return 1;
    left -= static_cast<std::uint64_t>(written);
  }
  return 0;
}

int read_bytes() {
  std::uint64_t sum = 0;
  for (;;) {
    const ssize_t got = read(STDIN_FILENO, buffer.data(), buffer.size());
    if (got < 0) return 1;
    if (got == 0) break;
    sum += static_cast<std::uint64_t>(got);
  }
  std::printf("%llu\n", static_cast<unsigned long long>(sum));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view what = argc > 1 ? argv[1] : "";
  if (what == "write" && argc == 3) return write_bytes(std::strtoull(argv[2], nullptr, 10));
  if (what == "read" && argc == 2) return read_bytes();
  std::fputs("usage: pump_end write BYTES | pump_end read\n", stderr);
  return 2;
}
