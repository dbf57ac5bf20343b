// SPDX-License-Identifier: MIT
// What changes a dataset at the receiving side excludes what changes it, an ancestor or a descendant at the same time:
// receives, destroys, the receiver's own expiry. By flock, so the kernel lets go when the holder ends, however it ends.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "process/descriptor.h"

namespace czb {

// Where the receiver keeps its locks, unless it is told otherwise; where it is not installed there is no such folder.
inline constexpr char receiver_state_directory[] = "/var/lib/cyber-zfs-backup/receiver";

// A dataset's name as a file's: "tank/home" is "tank%home.lock". Long names are cut, with a hash of the whole.
std::string lock_file_name(const std::string& dataset);

// A file of that folder, made where it is not there and locked without waiting, for as long as the descriptor lives.
// Nothing when somebody else holds it. Throws Error (failed). Files that root makes belong to the folder's owner.
std::optional<Descriptor> lock_file(const std::string& directory, const std::string& name);

// What a holder changes.
enum class LockScope {
  tree,     // the dataset and any below it
  dataset,  // the dataset alone: what changes others, above or below it, may go on beside
};

// Held as long as it lives. Two exclude each other when one's dataset is the other's, or is below it and the other
// changes its tree. So what changes siblings goes together, and so do single datasets of one tree.
//
// By two files a dataset: a tree's holder has its first one exclusively; any other, of it or of one below, has that
// shared; the holder of a single dataset has its second one exclusively.
class DatasetLock {
 public:
  // Takes it without waiting. Throws Error (busy) with "DATASET: dataset is busy: …" when somebody else holds what is
  // in the way, and Error (failed) when `state_directory` cannot be used. Files that root makes there belong to the
  // folder's owner, so that root and that user exclude each other.
  DatasetLock(const std::string& state_directory, const std::string& dataset, LockScope scope = LockScope::tree);

  // Lets go, and removes the dataset's own files where nobody else shares them: of a dataset that is not there, whose
  // name would else stay for ever.
  void forget();

 private:
  std::string directory_;
  std::string own_name_;
  bool has_single_ = false;
  std::vector<Descriptor> files_;  // the dataset's own last
};

}  // namespace czb
