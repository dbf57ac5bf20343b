// SPDX-License-Identifier: MIT
// Standard output: the one door for it, as log/log.h is for standard error.
#pragma once

#include <string>

namespace czb {

// Prints the text, whole lines mostly, by printable() of text/visible.h, and flushes.
void say(const std::string& text);

}  // namespace czb
