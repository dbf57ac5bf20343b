// SPDX-License-Identifier: MIT
// Text that somebody else wrote, made fit to be read: by a terminal, which obeys control characters, and in a log,
// where a new line looks like an entry of its own.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace czb {

// The same text as one line that a terminal and a log can show: bytes that are not printable ASCII, and the backslash,
// as \xHH; what is longer is cut, with "..." in place of the rest. Other letters than ASCII's are escaped too: to a
// terminal that is not set to UTF-8 some of their bytes are control characters.
std::string visible(std::string_view text, std::size_t longest = 300);

// The same, but legible: letters stay letters, in whatever script, and a backslash one, but where it would begin what
// looks like one of these escapes. What printable() escapes is escaped, and new lines and tabs too.
std::string legible(std::string_view text);

// What leaves the program, whole: lines stay lines, tabs tabs, and letters letters. Control characters, bytes that are
// not UTF-8, and characters that are not seen or turn the order of others around become \xHH, byte by byte. This is for
// the two doors (cli/say.h and log/log.h) through which everything goes; what the far end said must have come through
// visible() or FarText before.
std::string printable(std::string_view text);

}  // namespace czb
