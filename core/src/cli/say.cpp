// SPDX-License-Identifier: MIT
#include "cli/say.h"

#include <cerrno>
#include <cstdio>
#include <system_error>

#include "error.h"
#include "text/visible.h"

namespace czb {

void say(const std::string& text) { say_as_it_is(printable(text)); }

void say_as_it_is(const std::string& text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0) return;
  throw Error(ExitCode::failed,
              "cannot write to the standard output: " + std::error_code(errno, std::generic_category()).message());
}

}  // namespace czb
