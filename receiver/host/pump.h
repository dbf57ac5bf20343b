// SPDX-License-Identifier: MIT
// Carries bytes between zfs and the client, either way, neither of whom is waited for for ever. Not by splice(2): what
// is spliced cannot be looked at and then be kept from going on.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "receiver/host/zfs_process.h"

namespace czb::receiver {

// Who gives or takes the bytes.
struct PumpEnd {
  int fd = -1;
  std::chrono::seconds longest_wait{3600};  // for the next MiB
  std::string too_slow;                     // to be said then
};

// How long an end has let wait for it, since it moved the last MiB.
class Patience {
 public:
  explicit Patience(const PumpEnd& end) : end_(end) {}

  void moved(std::size_t bytes);
  void waited(std::chrono::steady_clock::duration time);  // throws Refused when it has been too long
  // How long to poll before the next look.
  std::chrono::milliseconds poll_time() const;

 private:
  const PumpEnd& end_;
  std::uint64_t bytes_ = 0;
  std::chrono::steady_clock::duration waited_ = {};
};

struct PumpTask {
  PumpEnd from;
  PumpEnd to;
  bool until_zfs_ends = false;  // else what it has written before still goes on
  // Sees what comes, before it goes on; throws where it must not.
  std::function<void(std::string_view bytes)> look = [](std::string_view) {};
  std::function<void(std::size_t bytes)> went = [](std::size_t) {};
  // Whether nothing more is to be read.
  std::function<bool()> at_end = [] { return false; };
};

// Writes `head` and then what comes, until that ends or nobody takes it any more. Throws Refused when an end is too
// slow, Interrupted after a signal, and what `look` does.
void pump(const PumpTask& task, std::string_view head, ZfsProcess& zfs);

// Exactly so many bytes, or fewer at the end, from somebody who is waited for no longer than `longest_wait` in all:
// then it throws Refused. Throws Interrupted after a signal.
class PatientReader {
 public:
  // `zfs`: one whose words go on meanwhile.
  PatientReader(int in, std::chrono::seconds longest_wait, ZfsProcess* zfs = nullptr)
      : in_(in), longest_wait_(longest_wait), zfs_(zfs) {}
  std::string operator()(std::size_t count);

 private:
  // Whether something may be read.
  bool readable();

  int in_;
  std::chrono::seconds longest_wait_;
  ZfsProcess* zfs_;
  std::chrono::steady_clock::duration waited_ = {};
};

}  // namespace czb::receiver
