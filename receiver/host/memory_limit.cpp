// SPDX-License-Identifier: MIT
#include "receiver/host/memory_limit.h"

#include <sys/resource.h>

#include <optional>

namespace czb::receiver {
namespace {

std::optional<rlimit> before;

#if defined(__SANITIZE_ADDRESS__)
constexpr bool has_sanitizer = true;
#elif defined(__has_feature)
constexpr bool has_sanitizer = __has_feature(address_sanitizer);
#else
constexpr bool has_sanitizer = false;
#endif

}  // namespace

void limit_own_memory() {
  rlimit limit = {};
  if (has_sanitizer || before || getrlimit(RLIMIT_AS, &limit) != 0) return;
  if (limit.rlim_cur != RLIM_INFINITY && limit.rlim_cur <= most_memory) return;
  const rlimit own = {most_memory, limit.rlim_max};
  if (setrlimit(RLIMIT_AS, &own) == 0) before = limit;
}

void restore_memory_of(pid_t child) {
  if (before) prlimit(child, RLIMIT_AS, &*before, nullptr);
}

}  // namespace czb::receiver
