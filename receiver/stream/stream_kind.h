// SPDX-License-Identifier: MIT
// Whether a dataset's stream is of the kind that its beginning says: what is forced and what is left out goes by that.
// The kernel makes a dataset of that kind, whatever objects then come. What it believes of a volume's two, and of a
// file system's first, is looked into (volume_objects.h, master_node.h).
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "receiver/stream/master_node.h"
#include "receiver/stream/stream_record.h"
#include "receiver/stream/volume_objects.h"

namespace czb::receiver {

class StreamKind {
 public:
  StreamKind() = default;
  explicit StreamKind(const BeginRecord& begin);

  // Whether the payload behind the stream's beginning has to be known, for beginning().
  bool wants_beginning() const { return volume_ && volume_->wants_beginning(); }
  void beginning(std::string_view payload) { volume_->beginning(payload); }

  // A record of it, the end included; true: content() is to get its payload, which is no larger than
  // MasterNode::largest_content. Throws Refused where one of its kind has none such, and at the end where what makes
  // it one has not come.
  bool record(RecordType type, std::string_view record);
  void content(std::string_view payload);

 private:
  std::optional<VolumeObjects> volume_;
  std::optional<MasterNode> master_node_;  // of a file system
};

}  // namespace czb::receiver
