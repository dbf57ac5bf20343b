// SPDX-License-Identifier: MIT
// So many requests of a root may go on at once. By flock'ed files in the state folder: the kernel frees one when its
// holder ends, however it ends.
#pragma once

#include <string>

#include "process/descriptor.h"

namespace czb::receiver {

// Held as long as it lives.
class SessionSlot {
 public:
  // Throws Error (busy) when `most` requests of this root go on, and Error (failed) when the folder cannot be used.
  SessionSlot(const std::string& state, const std::string& root, unsigned most);

 private:
  Descriptor file_;
};

}  // namespace czb::receiver
