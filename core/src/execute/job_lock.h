// SPDX-License-Identifier: MIT
// One run per tree at a time, by flock: the kernel lets go when the holder ends, however it ends.
#pragma once

#include <string>

#include "process/descriptor.h"

namespace czb {

// Held as long as it lives. The lock is the source dataset's, so two jobs on the same tree exclude
// each other too.
class JobLock {
 public:
  // Throws Error (busy) that says who holds it and since when.
  JobLock(const std::string& runtime_directory, const std::string& dataset);

 private:
  Descriptor file_;
};

}  // namespace czb
