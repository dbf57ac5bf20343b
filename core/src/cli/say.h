// SPDX-License-Identifier: MIT
// Standard output: the one door for it, as log/log.h is for standard error.
#pragma once

#include <string>

namespace czb {

// Prints the text, whole lines mostly, by printable() of text/visible.h, and flushes. Throws Error (failed) where that
// cannot be done (a full disk, a reader that went away): a report that is not there is no success.
void say(const std::string& text);

// The same for what is this user's own and has to stay as it is: the configuration.
void say_as_it_is(const std::string& text);

}  // namespace czb
