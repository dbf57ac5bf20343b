// SPDX-License-Identifier: MIT
// One run per tree at a time, by flock: the kernel lets go when the holder ends, however it ends.
#pragma once

#include <optional>
#include <string>

#include "process/descriptor.h"

namespace czb {

// Held as long as it lives. The lock is the source dataset's, so two jobs on the same tree exclude
// each other too. A run takes one in each of lock_directories() (execute/run_folder.h).
class JobLock {
 public:
  // Throws Error (busy) that says who holds it and since when.
  JobLock(const std::string& runtime_directory, const std::string& dataset);

 private:
  Descriptor file_;
};

// Who holds that lock, in words ("process 4711 since 2026-06-25T12:13:15Z"); nothing while nobody does. Only looks, at
// /proc/locks: one that tried the lock would get into the way of a run that begins at this moment. Throws Error
// (failed) where it cannot be told.
std::optional<std::string> lock_holder(const std::string& runtime_directory, const std::string& dataset);

}  // namespace czb
