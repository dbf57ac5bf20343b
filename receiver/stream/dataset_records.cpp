// SPDX-License-Identifier: MIT
#include "receiver/stream/dataset_records.h"

#include <algorithm>
#include <limits>
#include <string>

#include "receiver/answer.h"
#include "receiver/stream/decompress.h"

namespace czb::receiver {
namespace {

constexpr std::uint64_t all = std::numeric_limits<std::uint64_t>::max();
constexpr std::uint64_t largest_offset = std::numeric_limits<std::int64_t>::max();

// zfs send tells of a block of objects, and then of what is of them.
constexpr std::size_t most_told = 32 * objects_in_a_block;

// ZIO_COMPRESS_*: of raw blocks that are not; LZJB, GZIP-1 to -9, ZLE, LZ4, ZSTD.
constexpr std::uint8_t compression_off = 2;
constexpr std::uint8_t compression_lzjb = 3;
constexpr std::uint8_t compression_first_gzip = 5;
constexpr std::uint8_t compression_lz4 = 15;
constexpr std::uint8_t compression_zstd = 16;

[[noreturn]] void invalid(const std::string& why) {
  throw Refused("invalid stream (" + why + ", as zfs send writes none)");
}

std::string block_at(std::uint64_t offset) { return "has a block at " + std::to_string(offset); }

}  // namespace

bool DatasetRecords::record(RecordType type, std::string_view record) {
  switch (type) {
    case RecordType::object:
      return object(parse_object(record));
    case RecordType::free_objects:
      free_objects(parse_free_objects(record));
      break;
    case RecordType::write:
      return write(parse_write(record));
    case RecordType::free:
      free(parse_free(record));
      break;
    case RecordType::spill:
      spill(parse_spill(record));
      break;
    case RecordType::write_embedded:
      return embedded(parse_embedded(record));
    case RecordType::object_range:
      range(parse_object_range(record));
      break;
    case RecordType::begin:
    case RecordType::end:
      break;
  }
  return false;
}

void DatasetRecords::content(std::string_view payload) {
  const auto block = std::exchange(tried_, std::nullopt);
  if (!block) return check_bonus(told_.back().object, payload);
  if (!decompress(block->compression, payload.substr(0, block->compressed), block->bytes))
    refuse_object(data_object_,
                  std::string("has a block compressed with ") + compression_name(block->compression) + " that is not");
}

bool DatasetRecords::object(const ObjectRecord& object) {
  check_shape(object, form_);
  if (object.number < next_object_) refuse_object(object.number, "comes after others");
  if (form_.is_raw && (!range_ || object.number - object.number % objects_in_a_block != *range_))
    refuse_object(object.number, "comes outside of its block of objects");
  next_object_ = object.number + slots_of(object);
  if (told_.size() == most_told) told_.pop_front();
  told_.push_back({object});
  return is_bonus_read(object, form_);
}

void DatasetRecords::free_objects(const FreeObjectsRecord& freed) {
  if (freed.count > all - freed.first || freed.first < next_object_)
    invalid("objects freed from " + std::to_string(freed.first) + ", " + std::to_string(freed.count));
  next_object_ = freed.first + freed.count;
}

// A block of which a part is freed and which is written as well has two owners in the kernel, and its space is given
// back twice. So each is freed whole, and nothing is both; only the end of a block that comes in pieces may be freed.
void DatasetRecords::free(const FreeRecord& freed) {
  Told& told = this->told(freed.object);
  const std::uint64_t block = told.object.block_size;
  in_order(freed.object, freed.offset);
  const bool to_end = freed.bytes >= all - freed.offset;
  // Of a single block its own size, which is not told, and what lies behind that.
  const bool in_pieces = comes_in_pieces(told.object) && freed.offset % smallest_block == 0 &&
                         (to_end || (freed.offset == 0 && freed.bytes % smallest_block == 0));
  const bool begins_with_a_block = freed.offset % block == 0 || in_pieces;
  const bool ends_with_a_block = to_end || (freed.bytes != 0 && (freed.bytes % block == 0 || in_pieces));
  if (!begins_with_a_block || !ends_with_a_block)
    refuse_object(freed.object, "has a part of a block freed, at " + std::to_string(freed.offset));
  if (to_end) {
    told.end = std::min(told.end, freed.offset);
    return;
  }
  data_object_ = freed.object;
  data_offset_ = freed.offset + freed.bytes;
}

bool DatasetRecords::write(const WriteRecord& write) {
  Told& told = this->told(write.object);
  const ObjectRecord& object = told.object;
  in_order(write.object, write.offset);
  if (write.type != object.type) refuse_object(write.object, "has a block of type " + std::to_string(write.type));
  check_place(told, write.offset, write.bytes);
  if (form_.is_raw && (write.flags & write_is_swapped) != 0)
    refuse_swapped("block at " + std::to_string(write.offset) + " of object " + std::to_string(write.object));
  if ((write.flags & ~write_is_distinct) != 0)
    refuse_object(write.object, block_at(write.offset) + " with the flags " + std::to_string(write.flags));
  const bool is_whole = form_.is_raw ? write.compression == compression_off : write.compression == 0;
  const std::uint64_t bytes = write.compression == 0 ? write.bytes : write.compressed;
  const bool may_be_compressed = form_.is_raw || form_.is_compressed;
  if (is_whole ? bytes != write.bytes : !may_be_compressed || !is_compression(write.compression))
    refuse_object(write.object, block_at(write.offset) + " with the compression " + std::to_string(write.compression));
  if (bytes == 0 || bytes > write.bytes || bytes % smallest_block != 0)
    refuse_object(write.object, block_at(write.offset) + " of " + std::to_string(bytes) + " bytes, compressed");
  data_object_ = write.object;
  data_offset_ = write.offset + write.bytes;
  // A piece is smaller where an object's single block ends.
  if (write.bytes < object.block_size) told.end = std::min(told.end, data_offset_);
  // Of that alone the kernel reads on behind its end. What is encrypted is nobody's to read here.
  if (form_.is_raw || write.compression != compression_lzjb) return false;
  tried_ = {write.compression, write.bytes, bytes};
  return true;
}

bool DatasetRecords::embedded(const EmbeddedRecord& embedded) {
  constexpr std::uint32_t largest = 112;  // BPE_PAYLOAD_SIZE
  const Told& told = this->told(embedded.object);
  const ObjectRecord& object = told.object;
  // The place that it gives a spill block, which has none.
  if (embedded.offset == 0 - 2 * embedded.bytes && (object.flags & object_has_spill) != 0)
    throw Refused(
        "the stream would lose attributes: OpenZFS 2.3 sends those of its object " + std::to_string(embedded.object) +
        " as a part of the file, as it does with -e (and -w) where they are compressed to a few bytes. Without "
        "-e they come as they are");
  in_order(embedded.object, embedded.offset);
  check_place(told, embedded.offset, embedded.bytes);
  const bool is_whole = embedded.bytes == object.block_size && embedded.decompressed_size == embedded.bytes;
  const bool fits = embedded.payload_size != 0 && embedded.payload_size <= largest;
  if (form_.is_raw || !form_.has_embedded || embedded.kind != 0 || !is_compression(embedded.compression) || !is_whole ||
      !fits)
    refuse_object(embedded.object, block_at(embedded.offset) + " in its pointer, of kind " +
                                       std::to_string(embedded.kind) + ", compression " +
                                       std::to_string(embedded.compression) + " and " +
                                       std::to_string(embedded.payload_size) + " bytes");
  data_object_ = embedded.object;
  data_offset_ = embedded.offset + embedded.bytes;
  if (!can_decompress(embedded.compression)) return false;
  tried_ = {embedded.compression, embedded.bytes, embedded.payload_size};
  return true;
}

void DatasetRecords::spill(const SpillRecord& spill) {
  Told& told = this->told(spill.object);
  const auto refuse = [&] {
    refuse_object(spill.object, "has attributes elsewhere, of type " + std::to_string(spill.type) + ", " +
                                    std::to_string(spill.bytes) + " bytes, compressed " +
                                    std::to_string(spill.compressed) + ", flags " + std::to_string(spill.flags));
  };
  if (told.object.bonus_type != type_attributes || (told.object.flags & object_has_spill) == 0 || told.has_spilled)
    refuse();
  told.has_spilled = true;
  // It is left out (dmu_send.c, dump_spill) or said.
  if (spill.type != 0 && spill.type != type_attributes) refuse();
  if (spill.bytes < smallest_block || spill.bytes % smallest_block != 0 || spill.bytes > usual_largest_block) refuse();
  if (form_.is_raw && (spill.flags & spill_is_swapped) != 0)
    refuse_swapped("attributes elsewhere of object " + std::to_string(spill.object));
  if ((spill.flags & ~spill_is_unmodified) != 0) refuse();
  if (!form_.is_raw) {
    if (spill.compression != 0 || spill.compressed != 0) refuse();
    return;
  }
  const bool is_whole = spill.compression == compression_off;
  if (is_whole ? spill.compressed != spill.bytes : !is_compression(spill.compression)) refuse();
  if (spill.compressed == 0 || spill.compressed > spill.bytes || spill.compressed % smallest_block != 0) refuse();
}

void DatasetRecords::range(const ObjectRangeRecord& range) {
  const bool is_block = range.count == objects_in_a_block && range.first % objects_in_a_block == 0;
  if (form_.is_raw && (range.flags & object_is_swapped) != 0)
    refuse_swapped("block of objects from " + std::to_string(range.first));
  const bool follows = !range_ || range.first > *range_;
  if (!form_.is_raw || !is_block || !follows || range.first >= end_of_objects || range.flags != 0)
    invalid("a block of objects from " + std::to_string(range.first) + ", " + std::to_string(range.count));
  range_ = range.first;
}

DatasetRecords::Told& DatasetRecords::told(std::uint64_t number) {
  const auto found = std::lower_bound(told_.begin(), told_.end(), number, [](const Told& each, std::uint64_t wanted) {
    return each.object.number < wanted;
  });
  if (found == told_.end() || found->object.number != number)
    refuse_object(number, "has a record, and has not been told of before");
  return *found;
}

// The kernel relies on it (dmu_send.c, dump_free).
void DatasetRecords::in_order(std::uint64_t object, std::uint64_t offset) const {
  if (object < data_object_ || (object == data_object_ && offset < data_offset_))
    refuse_object(object, block_at(offset) + " after others");
}

bool DatasetRecords::comes_in_pieces(const ObjectRecord& object) const {
  return !form_.is_raw && !form_.has_large_blocks && object.block_size == usual_largest_block;
}

void DatasetRecords::check_place(const Told& told, std::uint64_t offset, std::uint64_t bytes) const {
  const ObjectRecord& object = told.object;
  const bool is_whole = bytes == object.block_size;
  // The last piece may be smaller.
  const bool is_piece =
      comes_in_pieces(object) && bytes >= smallest_block && bytes < object.block_size && bytes % smallest_block == 0;
  if (offset % object.block_size != 0 || offset > largest_offset - object.block_size || (!is_whole && !is_piece) ||
      (offset != 0 && !has_many_blocks(object)))
    refuse_object(object.number, block_at(offset) + " of " + std::to_string(bytes) + " bytes");
  if (offset + bytes > told.end) refuse_object(object.number, block_at(offset) + ", behind its end");
  if (form_.is_raw && offset / object.block_size > object.last_block)
    refuse_object(object.number, block_at(offset) + ", behind its last");
}

bool DatasetRecords::is_compression(std::uint8_t compression) const {
  if (compression == compression_zstd) return form_.has_zstd;
  return compression == compression_lzjb || (compression >= compression_first_gzip && compression <= compression_lz4);
}

}  // namespace czb::receiver
