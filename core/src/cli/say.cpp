// SPDX-License-Identifier: MIT
#include "cli/say.h"

#include "process/standard_output.h"
#include "text/visible.h"

namespace czb {

void say(const std::string& text) { say_as_it_is(printable(text)); }

void say_as_it_is(const std::string& text) { write_standard_output(text); }

}  // namespace czb
