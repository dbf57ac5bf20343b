// SPDX-License-Identifier: MIT
// What makes a volume one, and what its stream may do to that: object 1, its data, and object 2, a block of 512 bytes
// with its size (zvol.c, zvol_create_cb; measured on streams of 2.1.11 and 2.3.2).
//
// At each listing the kernel asks every volume for both, and ends where the answer is an error (zfs_ioctl.c,
// zfs_ioc_objset_stats_impl; zvol.c, zvol_get_stats). So each stream leaves a volume with both, whole, as zfs send
// writes them; and it has no other objects.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "receiver/stream/stream_record.h"
#include "receiver/stream/zap_block.h"

namespace czb::receiver {

class VolumeObjects {
 public:
  VolumeObjects() = default;
  explicit VolumeObjects(const BeginRecord& begin);

  // Whether the payload behind the stream's beginning has to be known: it says what has come already.
  bool wants_beginning() const { return is_full_ && is_rest_; }
  // That payload. Throws Refused where it is malformed, or says that the rest begins where there is nothing left.
  void beginning(std::string_view payload);

  // A record of the stream, in the order in which they come; true: content() is to get its payload, which is no larger
  // than `largest_content`. Throws Refused.
  bool record(RecordType type, std::string_view record);
  void content(std::string_view payload);
  static constexpr std::size_t largest_content = 512;

  // The end. Throws Refused where the volume would be without what makes it one.
  void end() const;

 private:
  void object(const ObjectRecord& object);
  void data(const ObjectRecord& object);
  void properties(const ObjectRecord& object);
  void write(const WriteRecord& write, std::string_view record);
  void embedded(const EmbeddedRecord& embedded);

  bool is_full_ = false;  // it brings all that the volume has
  bool is_rest_ = false;  // … but for what an earlier stream has brought of it
  bool is_raw_ = false;
  bool has_data_ = false;  // object 1 has come, here or by an earlier stream
  bool has_properties_ = false;
  bool has_size_ = false;            // object 2's block has come
  std::optional<ZapBlock> content_;  // the payload that comes now
};

}  // namespace czb::receiver
