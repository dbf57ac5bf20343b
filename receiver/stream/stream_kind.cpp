// SPDX-License-Identifier: MIT
#include "receiver/stream/stream_kind.h"

#include "receiver/answer.h"

namespace czb::receiver {
namespace {

// A file system's first object (dmu.h).
constexpr std::uint64_t first_object = 1;
constexpr std::uint32_t type_master_node = 21;

}  // namespace

StreamKind::StreamKind(const BeginRecord& begin) {
  if (begin.is_volume) volume_.emplace(begin);
}

bool StreamKind::record(RecordType type, std::string_view record, bool swapped) {
  if (volume_ && type == RecordType::end) volume_->end();
  if (volume_) return volume_->record(type, record, swapped);
  if (type != RecordType::object) return false;
  const ObjectRecord object = parse_object(record, swapped);
  if (object.number == first_object && object.type != type_master_node)
    throw Refused("invalid stream (it says that it is of a file system, and it is not)");
  return false;
}

}  // namespace czb::receiver
