// SPDX-License-Identifier: MIT
#include "receiver/stream/stream_kind.h"

#include <string>

#include "receiver/answer.h"

namespace czb::receiver {
namespace {

// A file system's first object, and the two of a volume: its data and its properties (dmu.h).
constexpr std::uint64_t first_object = 1;
constexpr std::uint64_t volume_properties = 2;
constexpr std::uint32_t type_master_node = 21;
constexpr std::uint32_t type_volume = 23;
constexpr std::uint32_t type_volume_properties = 24;

[[noreturn]] void no_such(bool is_volume) {
  throw Refused(std::string("invalid stream (it says that it is of a ") + (is_volume ? "volume" : "file system") +
                ", and it is not)");
}

}  // namespace

StreamKind::StreamKind(const BeginRecord& begin)
    : is_volume_(begin.is_volume),
      is_full_(begin.from_guid == 0 && !begin.is_clone && (begin.features & feature_resuming) == 0) {}

void StreamKind::object(const ObjectRecord& object) {
  if (!is_volume_) {
    if (object.number == first_object && object.type != type_master_node) no_such(false);
    return;
  }
  const bool fits = (object.number == first_object && object.type == type_volume) ||
                    (object.number == volume_properties && object.type == type_volume_properties);
  if (!fits) no_such(true);
  seen_.insert(object.number);
}

void StreamKind::end() const {
  if (is_volume_ && is_full_ && seen_.size() < 2) no_such(true);
}

}  // namespace czb::receiver
