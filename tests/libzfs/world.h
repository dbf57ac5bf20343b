// SPDX-License-Identifier: MIT
// What a trial begins with: a pool of a backup host, with what two keys have brought, and the tree of one of their
// senders.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "libzfs/key_files.h"
#include "libzfs/pool.h"
#include "libzfs/random.h"

namespace czb::libzfs {

inline const std::string root = "offsite/r";        // of the key
inline const std::string other_root = "offsite/o";  // of another one

// A dataset at the sender.
struct SentDataset {
  std::string relative;  // to the sender's top
  std::vector<std::pair<std::string, Guid>> snapshots;
  Guid origin = 0;
  bool is_encrypted = false;
  bool is_encryption_root = false;
  bool is_volume = false;
  std::uint64_t key = 0;
};

struct World {
  Pool pool;
  KeyFiles key_files;               // none where the tree was there before the receiver
  std::vector<SentDataset> sender;  // each behind its parent; the first is the top, `root` here
  Guid next_sent_guid = 10000;      // of what the sender snapshots next
};

// `with_clone`: a dataset in `root` is one, where the world has anything there.
World some_world(Random& random, bool with_clone);

}  // namespace czb::libzfs
