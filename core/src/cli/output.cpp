// SPDX-License-Identifier: MIT
#include "cli/output.h"

#include <cerrno>
#include <cstdio>
#include <string>
#include <system_error>

#include "error.h"

namespace czb {

void write_output(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0) return;
  throw Error(ExitCode::failed,
              "cannot write to the standard output: " + std::error_code(errno, std::generic_category()).message());
}

}  // namespace czb
