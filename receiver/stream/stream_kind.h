// SPDX-License-Identifier: MIT
// Whether a dataset's stream is of the kind that its beginning says: what is forced and what is left out goes by that.
// The kernel makes a dataset of that kind, whatever objects then come, and stops for good when it is asked for the size
// of a volume that has none: at each listing, `zfs list` included (zfs_ioctl.c, zfs_ioc_objset_stats_impl).
#pragma once

#include <set>

#include "receiver/stream/stream_record.h"

namespace czb::receiver {

class StreamKind {
 public:
  StreamKind() = default;
  explicit StreamKind(const BeginRecord& begin);

  // An object of it. Throws Refused where one of its kind has none such.
  void object(const ObjectRecord& object);
  // The end. Throws Refused when a volume has come in full without what makes it one.
  void end() const;

 private:
  bool is_volume_ = false;
  bool is_full_ = false;
  std::set<std::uint64_t> seen_;  // of a volume
};

}  // namespace czb::receiver
