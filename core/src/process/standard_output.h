// SPDX-License-Identifier: MIT
// The standard output of both programs.
#pragma once

#include <string>

namespace czb {

// Where one of the three standard descriptors is closed, opens it so that it yields nothing and takes nothing: else the
// next file, a lock or a stream's pipe, would become it. First of all in a process.
void hold_standard_descriptors();

// Writes the text and flushes. Throws Error (failed) where that cannot be done (a full disk, a reader that went away):
// a report that is not there is no success. SIGPIPE has to be ignored (process/interrupt.h).
void write_standard_output(const std::string& text);

}  // namespace czb
