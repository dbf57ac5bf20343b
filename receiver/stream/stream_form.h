// SPDX-License-Identifier: MIT
// What the beginning of a dataset's stream says of the records that follow.
#pragma once

#include "receiver/stream/stream_record.h"

namespace czb::receiver {

struct StreamForm {
  bool is_volume = false;
  bool is_raw = false;            // the blocks are as they lie on the sender's disks, encrypted
  bool is_rest = false;           // of a stream that was cut
  bool has_large_blocks = false;  // else blocks of more than 128 KiB come in pieces
  bool has_embedded = false;
  bool is_compressed = false;
  bool has_zstd = false;
  bool has_large_dnodes = false;  // else each object takes one slot
};

inline StreamForm form_of(const BeginRecord& begin) {
  const auto has = [&](std::uint64_t feature) { return (begin.features & feature) != 0; };
  return {.is_volume = begin.is_volume,
          .is_raw = has(feature_raw),
          .is_rest = has(feature_resuming),
          .has_large_blocks = has(feature_large_blocks),
          .has_embedded = has(feature_embedded),
          .is_compressed = has(feature_compressed),
          .has_zstd = has(feature_zstd),
          .has_large_dnodes = has(feature_large_dnodes)};
}

}  // namespace czb::receiver
