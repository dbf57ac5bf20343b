// SPDX-License-Identifier: MIT
#include "cli/say.h"

#include <cstdio>

#include "text/visible.h"

namespace czb {

void say(const std::string& text) {
  const std::string shown = printable(text);
  std::fwrite(shown.data(), 1, shown.size(), stdout);
  std::fflush(stdout);
}

}  // namespace czb
