// SPDX-License-Identifier: MIT
// The promise of docs/security.md, held against all of the pool: what was there is there, as it was.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "libzfs/key_files.h"
#include "libzfs/pool.h"

namespace czb::libzfs {

enum class Broken {
  gone,                 // a dataset or a snapshot
  renamed,              // a dataset
  snapshot_renamed,     // also one that is another dataset's now
  promoted,             // another origin
  encryption_root,      // another one
  key,                  // another wrapped key
  snapshot_properties,  // of one that was there
  dataset_properties,   // of one that no stream came for
};
inline constexpr std::size_t kinds_broken = 8;

// What of `before` is otherwise now. `files`: what the receiver had written of keys by then; `addressed`: datasets that
// streams were taken for.
//
// What came raw in an earlier session as a child, and was the encryption root of itself only because ZFS makes it so,
// may be made to inherit by a header that comes later. `start`: what was there before the first session, for which that
// never holds.
std::vector<Broken> broken(const Pool& before, const Pool& now, const Pool& start, const KeyFiles& files,
                           const std::set<std::string>& addressed);

}  // namespace czb::libzfs
