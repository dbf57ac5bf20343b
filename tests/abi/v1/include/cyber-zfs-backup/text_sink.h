// SPDX-License-Identifier: MIT
// A place of the host's where a plugin writes text: an error sentence, a name.
#pragma once

#include <string_view>

namespace czb {

// Owned by the host; valid only during the call it is given to. write appends, copies what it is
// given, never throws and may be called any number of times.
class TextSink {
 public:
  virtual void write(std::string_view text) noexcept = 0;

 protected:
  TextSink() = default;
  TextSink(const TextSink&) = default;
  TextSink& operator=(const TextSink&) = default;
  ~TextSink() = default;
};

// The outcome of a call into a plugin. Whatever is not `ok` comes with a sentence in the call's
// error sink: what was tried, what went wrong and, where it is known, what to do.
enum class Status : int {
  ok = 0,
  failed = 1,
  unreachable = 2,  // transports: the far end could not be reached, or the connection was lost
};

}  // namespace czb
