// SPDX-License-Identifier: MIT
// Standard output: the one door for it, as log/log.h is for standard error.
#pragma once

#include <string>

namespace czb {

// Prints the text, whole lines mostly, by printable() of text/visible.h, as write_standard_output
// (process/standard_output.h) does.
void say(const std::string& text);

// The same for what is this user's own and has to stay as it is: the configuration.
void say_as_it_is(const std::string& text);

}  // namespace czb
