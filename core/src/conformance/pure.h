// SPDX-License-Identifier: MIT
// What a pure plugin must not depend on.
#pragma once

#include <cstdlib>
#include <ctime>
#include <optional>
#include <string>

namespace czb::conformance {

// Puts this process into another time zone while it lives. Checks run in processes of their own, without threads.
class TimeZone {
 public:
  explicit TimeZone(const char* zone) {
    if (const char* present = std::getenv("TZ")) before_ = present;  // NOLINT(concurrency-mt-unsafe)
    ::setenv("TZ", zone, 1);                                         // NOLINT(concurrency-mt-unsafe)
    ::tzset();
  }
  TimeZone(const TimeZone&) = delete;
  TimeZone& operator=(const TimeZone&) = delete;
  ~TimeZone() {
    if (before_) {
      ::setenv("TZ", before_->c_str(), 1);  // NOLINT(concurrency-mt-unsafe)
    } else {
      ::unsetenv("TZ");  // NOLINT(concurrency-mt-unsafe)
    }
    ::tzset();
  }

 private:
  std::optional<std::string> before_;
};

}  // namespace czb::conformance
