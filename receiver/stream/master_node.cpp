// SPDX-License-Identifier: MIT
#include "receiver/stream/master_node.h"

#include <limits>
#include <string>

#include "receiver/answer.h"

namespace czb::receiver {
namespace {

constexpr std::uint64_t first_object = 1;
constexpr std::uint32_t type_master_node = 21;  // DMU_OT_MASTER_NODE
constexpr std::uint32_t smallest_block = 512;

[[noreturn]] void no_file_system() {
  throw Refused("invalid stream (it says that it is of a file system, and it is not)");
}

[[noreturn]] void invalid(const std::string& why) { throw Refused("invalid stream (of a file system, " + why + ")"); }

}  // namespace

MasterNode::MasterNode(const BeginRecord& begin) : is_raw_((begin.features & feature_raw) != 0) {}

void MasterNode::object(const ObjectRecord& object) {
  if (object.type != type_master_node) no_file_system();
  const bool is_plain = object.bonus_type == 0 && object.slots <= 1 && object.levels <= 1 && object.last_block == 0;
  if (!is_plain || object.block_size < smallest_block || object.block_size % smallest_block != 0 ||
      object.block_size > largest_content)
    invalid("whose first object is of another shape than zfs makes");
  size_ = object.block_size;
}

bool MasterNode::record(RecordType type, std::string_view record) {
  switch (type) {
    case RecordType::object:
      if (const ObjectRecord each = parse_object(record); each.number == first_object) object(each);
      break;
    case RecordType::free_objects: {
      const auto [first, count] = parse_free_objects(record);
      const bool overflows = count > std::numeric_limits<std::uint64_t>::max() - first;
      if (overflows || (first <= first_object && first + count > first_object))
        invalid("of which it takes away what makes it one");
      break;
    }
    // A part of the block freed would be zeros, and names that differ there alike.
    case RecordType::free:
      if (const FreeRecord free = parse_free(record); free.object == first_object && (!size_ || free.offset < *size_))
        invalid("of which it takes away what makes it one");
      break;
    case RecordType::write: {
      const WriteRecord write = parse_write(record);
      if (write.object != first_object) break;
      if (write.type != type_master_node) no_file_system();
      return block(zap_block(write, payload_bytes(record), size_.value_or(0), is_raw_));
    }
    case RecordType::write_embedded: {
      const EmbeddedRecord embedded = parse_embedded(record);
      if (embedded.object != first_object) break;
      if (is_raw_) invalid("whose first object is written otherwise than zfs does");
      return block(zap_block(embedded, size_.value_or(0)));
    }
    case RecordType::spill:
      if (parse_spill(record).object == first_object) no_file_system();
      break;
    case RecordType::begin:
    case RecordType::object_range:
    case RecordType::end:
      break;
  }
  return false;
}

bool MasterNode::block(const std::optional<ZapBlock>& block) {
  if (!size_ || !block) invalid("whose first object is written otherwise than zfs does");
  content_ = block;
  return true;
}

void MasterNode::content(std::string_view payload) {
  if (!entries_in(*content_, payload)) invalid("whose first object holds what zfs does not write there");
  content_.reset();
}

}  // namespace czb::receiver
