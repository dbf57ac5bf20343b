// SPDX-License-Identifier: MIT
// What the client is told on its standard error, which it need not read: nothing here waits for it but finish().
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

namespace czb::receiver {

// A descriptor that somebody else may have, too: reads and writes do not wait while this lives.
class Nonblocking {
 public:
  explicit Nonblocking(int fd);
  ~Nonblocking();
  Nonblocking(const Nonblocking&) = delete;
  Nonblocking& operator=(const Nonblocking&) = delete;

 private:
  int fd_;
  int flags_;
};

class ClientWords {
 public:
  // `to`: a descriptor that outlives this.
  explicit ClientWords(int to) : to_(to), nonblocking_(to) {}

  // A line of our own, with the program's name before it.
  void say(std::string_view line);

  // What zfs says. Of all that it says in a request so much goes on; the rest is counted.
  static constexpr std::size_t most_of_zfs = std::size_t{256} << 10;
  void pass_on(std::string_view words);
  bool has_passed_on() const { return of_zfs_ > 0; }

  // To be polled for writing: -1 where nothing is left to be written, or nobody reads any more.
  int descriptor() const { return left_.empty() ? -1 : to_; }
  // As much as is taken now.
  void write_some();

  // Says what was left out, and waits until all is written, but no longer than so, and not after a signal: then the
  // rest is given up. Whether all was written.
  bool finish(std::chrono::seconds longest);

 private:
  int to_;
  Nonblocking nonblocking_;
  std::string left_;
  std::size_t of_zfs_ = 0;
  std::size_t left_out_ = 0;  // bytes
  bool gone_ = false;         // nobody reads
};

}  // namespace czb::receiver
