// SPDX-License-Identifier: MIT
#include "receiver/stream/volume_objects.h"

#include <limits>
#include <string>
#include <vector>

#include "receiver/answer.h"
#include "receiver/stream/micro_zap.h"
#include "receiver/stream/native_nvlist.h"
#include "receiver/stream/object_shape.h"

namespace czb::receiver {
namespace {

constexpr std::uint64_t data_object = 1;
constexpr std::uint64_t properties_object = 2;
// DMU_OT_*
constexpr std::uint32_t type_volume = 23;
constexpr std::uint32_t type_volume_properties = 24;

constexpr std::uint64_t properties_block = 512;

[[noreturn]] void no_volume() { throw Refused("invalid stream (it says that it is of a volume, and it is not)"); }

[[noreturn]] void invalid(const std::string& why) { throw Refused("invalid stream (of a volume, " + why + ")"); }

// So that nothing of the object is freed, and no other one (dmu_recv.c, receive_object).
bool is_plain(const ObjectRecord& object) {
  return object.bonus_type == 0 && object.bonus_bytes == 0 && object.raw_bonus_bytes == 0 && object.slots <= 1;
}

// What object 2's block holds.
void check_size(const std::optional<std::vector<MicroZapEntry>>& entries) {
  if (!entries || entries->size() != 1 || entries->front().name != "size") invalid("without its size where that is");
  const std::uint64_t size = entries->front().value;
  if (size == 0 || size % smallest_block != 0 || size > std::numeric_limits<std::int64_t>::max())
    invalid("whose size, " + std::to_string(size) + ", is none that one can have");
}

}  // namespace

VolumeObjects::VolumeObjects(const BeginRecord& begin)
    : is_full_(begin.from_guid == 0),
      is_rest_((begin.features & feature_resuming) != 0),
      is_raw_((begin.features & feature_raw) != 0) {}

// The kernel holds what it says against what it has seen (dmu_recv.c, resume_check): the last block that has come,
// which comes once more with its object. Object 2 is the last one, so it always comes with the rest; object 1 came
// before it.
void VolumeObjects::beginning(std::string_view payload) {
  const NativeList pairs = parse_native_nvlist(payload);
  const NativePair* object = find_native(pairs, "resume_object");
  if (object == nullptr) invalid("the rest of one that does not say where it begins");
  const std::uint64_t number = native_number(*object);
  if (number != data_object && number != properties_object) no_volume();
  has_data_ = number == properties_object;
}

void VolumeObjects::object(const ObjectRecord& object) {
  if (object.number == data_object && object.type == type_volume) return data(object);
  if (object.number == properties_object && object.type == type_volume_properties) return properties(object);
  no_volume();
}

void VolumeObjects::data(const ObjectRecord& object) {
  const std::uint32_t size = object.block_size;
  if (!is_plain(object) || size < smallest_block || size > largest_payload || (size & (size - 1)) != 0)
    invalid("whose data are of another shape than zfs makes");
  has_data_ = true;
}

void VolumeObjects::properties(const ObjectRecord& object) {
  if (!has_data_ && is_full_) invalid("whose properties come before its data");
  if (has_properties_) invalid("whose properties come twice");
  const bool has_one_block =
      !is_raw_ || (object.levels == 1 && object.last_block == 0 && object.indirect_shift == usual_indirect_shift);
  if (!is_plain(object) || object.block_size != properties_block || !has_one_block)
    invalid("whose properties are of another shape than zfs makes");
  has_properties_ = true;
}

bool VolumeObjects::record(RecordType type, std::string_view record) {
  switch (type) {
    case RecordType::object:
      object(parse_object(record));
      break;
    case RecordType::free_objects: {
      const auto [first, count] = parse_free_objects(record);
      const bool overflows = count > std::numeric_limits<std::uint64_t>::max() - first;
      if (overflows || (first <= properties_object && first + count > data_object))
        invalid("of which it takes away what makes it one");
      break;
    }
    case RecordType::free: {
      const FreeRecord free = parse_free(record);
      if (free.object != data_object && free.object != properties_object) no_volume();
      if (free.object == properties_object && free.offset < properties_block)
        invalid("of which it takes away what makes it one");
      break;
    }
    case RecordType::write:
      write(parse_write(record), record);
      break;
    case RecordType::write_embedded:
      embedded(parse_embedded(record));
      break;
    case RecordType::spill:
      no_volume();
    case RecordType::begin:
    case RecordType::object_range:
    case RecordType::end:
      break;
  }
  return content_.has_value();
}

void VolumeObjects::write(const WriteRecord& write, std::string_view record) {
  if (write.object == data_object && write.type == type_volume) return;
  if (write.object != properties_object || write.type != type_volume_properties) no_volume();
  content_ = zap_block(write, payload_bytes(record), properties_block, is_raw_);
  if (!content_ || content_->compression != 0) invalid("whose properties are written otherwise than zfs does");
}

// So comes what zfs has compressed so far that it needs no block of its own: all of a small volume's properties.
void VolumeObjects::embedded(const EmbeddedRecord& embedded) {
  if (embedded.object == data_object) return;
  if (embedded.object != properties_object) no_volume();
  content_ = zap_block(embedded, properties_block);
  if (!content_ || is_raw_) invalid("whose properties are written otherwise than zfs does");
}

void VolumeObjects::content(std::string_view payload) {
  check_size(entries_in(*content_, payload));
  content_.reset();
  has_size_ = true;
}

void VolumeObjects::end() const {
  if (!is_full_ || (has_data_ && has_properties_ && has_size_)) return;
  if (is_rest_) invalid("the rest of one, without its size; give up what has come, zfs receive -A, and send it anew");
  if (!has_data_ || !has_properties_) no_volume();
  invalid("without its size");
}

}  // namespace czb::receiver
