// SPDX-License-Identifier: MIT
// What changes a dataset at the receiving side excludes what changes it, an ancestor or a descendant at the same time:
// receives, destroys, the receiver's own expiry. By flock, so the kernel lets go when the holder ends, however it ends.
#pragma once

#include <string>
#include <vector>

#include "process/descriptor.h"

namespace czb {

// A dataset's name as a file's: "tank/home" is "tank%home.lock". Long names are cut, with a hash of the whole.
std::string lock_file_name(const std::string& dataset);

// Held as long as it lives: exclusively on the dataset, shared on each of its ancestors, so that siblings go together.
class DatasetLock {
 public:
  // Takes it without waiting. Throws Error (busy) with "DATASET: dataset is busy: …" when somebody else holds what is
  // in the way, and Error (failed) when `state_directory` cannot be used. Files that root makes there belong to the
  // folder's owner, so that root and that user exclude each other.
  DatasetLock(const std::string& state_directory, const std::string& dataset);

 private:
  std::vector<Descriptor> files_;
};

}  // namespace czb
