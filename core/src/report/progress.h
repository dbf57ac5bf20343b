// SPDX-License-Identifier: MIT
// How far a push is: a line that is redrawn on a terminal, else a log line every so often, which the service manager
// gets too.
#pragma once

#include <cstdint>
#include <string>

#include "process/stream.h"

namespace czb {

// "1.5 GiB", "312 B".
std::string human_bytes(std::uint64_t bytes);

// "42 s", "3 min 5 s", "2 h 4 min".
std::string human_seconds(double seconds);

// "zippy/zippy to ssh offsite: 1.2 GiB of 4.0 GiB (30 %), 55.1 MiB/s, 52 s left"; without a total
// (0) only bytes and rate.
std::string progress_line(const std::string& what, std::uint64_t bytes, std::uint64_t total, double seconds);

class Progress {
 public:
  explicit Progress(std::string what) : what_(std::move(what)) {}
  ~Progress() { end(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  void show(const StreamProgress& now);
  void end();  // clears the line
  void rename(std::string what) { what_ = std::move(what); }

 private:
  std::string what_;
  std::uint64_t total_ = 0;
  double last_logged_ = 0;
  bool drawn_ = false;
};

}  // namespace czb
