// SPDX-License-Identifier: MIT
#include "receiver/stream/stream_kind.h"

namespace czb::receiver {

StreamKind::StreamKind(const BeginRecord& begin) {
  if (begin.is_volume)
    volume_.emplace(begin);
  else
    master_node_.emplace(begin);
}

bool StreamKind::record(RecordType type, std::string_view record) {
  if (!volume_) return master_node_->record(type, record);
  if (type == RecordType::end) volume_->end();
  return volume_->record(type, record);
}

void StreamKind::content(std::string_view payload) {
  if (volume_)
    volume_->content(payload);
  else
    master_node_->content(payload);
}

}  // namespace czb::receiver
