// SPDX-License-Identifier: MIT
// A file system's first object: a block of names with its version, its root and the like (zfs_znode.c, zfs_create_fs).
// The kernel looks into it when it is asked for what is in there (`zfs get all`), and when it sends a snapshot, mounted
// or not, and stops for good where two of its names are alike (zap_micro.c, mzap_open). An empty one does no harm.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "receiver/stream/stream_record.h"
#include "receiver/stream/zap_block.h"

namespace czb::receiver {

class MasterNode {
 public:
  explicit MasterNode(const BeginRecord& begin);

  // A record of the stream, in the order in which they come; true: content() is to get its payload, which is no larger
  // than `largest_content`. Throws Refused.
  bool record(RecordType type, std::string_view record);
  void content(std::string_view payload);
  static constexpr std::size_t largest_content = std::size_t{1} << 17;  // MZAP_MAX_BLKSZ

 private:
  void object(const ObjectRecord& object);
  bool block(const std::optional<ZapBlock>& block);

  bool is_raw_ = false;
  std::optional<std::size_t> size_;  // of its one block, where the stream has said it
  std::optional<ZapBlock> content_;
};

}  // namespace czb::receiver
