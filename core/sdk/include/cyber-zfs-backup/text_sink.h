// SPDX-License-Identifier: MIT
// A place of the host's where a plugin writes text: an error sentence, a name. And how a call ended.
#pragma once

#include <string_view>

namespace czb {

// Owned by the host; valid only during the call it is given to, and to be used by the thread of that call alone. write
// appends, copies what it is given (any bytes, none too), never throws, never blocks, and may be called any number of
// times. What a call writes and then does not need (a name, and then Status::failed) is thrown away.
class TextSink {
 public:
  virtual void write(std::string_view text) noexcept = 0;

 protected:
  TextSink() = default;
  TextSink(const TextSink&) = default;
  TextSink& operator=(const TextSink&) = default;
  ~TextSink() = default;
};

// How a call into a plugin ended. Whatever is not `ok` comes with a sentence in the call's error sink: what was tried,
// what went wrong and, where it is known, what to do. It is UTF-8, without a newline at its end, and is shown to the
// user behind the names of job and target, so it needs to name neither. Where there is no sentence, the host says so.
enum class Status : int {
  ok = 0,
  failed = 1,       // and any value that is not listed here
  unreachable = 2,  // transports alone: the far end could not be reached, or the connection was lost (exit status 4)
};

}  // namespace czb
