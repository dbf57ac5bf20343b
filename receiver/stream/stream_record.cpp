// SPDX-License-Identifier: MIT
#include "receiver/stream/stream_record.h"

#include <cstring>

#include "receiver/answer.h"
#include "receiver/stream/number_at.h"
#include "zfs/names.h"

namespace czb::receiver {
namespace {

// Offsets in struct dmu_replay_record.
namespace at {
constexpr std::size_t type = 0;
constexpr std::size_t payload = 4;
constexpr std::size_t magic = 8;
constexpr std::size_t version = 16;
constexpr std::size_t objset_type = 32;
constexpr std::size_t flags = 36;
constexpr std::size_t to_guid = 40;
constexpr std::size_t from_guid = 48;
constexpr std::size_t to_name = 56;
constexpr std::size_t end_checksum = 8;
constexpr std::size_t object_number = 8;
constexpr std::size_t object_type = 16;
constexpr std::size_t object_bonus_type = 20;
constexpr std::size_t object_block_size = 24;
constexpr std::size_t object_bonus = 28;
constexpr std::size_t object_checksum = 32;
constexpr std::size_t object_compression = 33;
constexpr std::size_t object_slots = 34;
constexpr std::size_t object_flags = 35;
constexpr std::size_t object_raw_bonus = 36;
constexpr std::size_t object_indirect_shift = 48;
constexpr std::size_t object_levels = 49;
constexpr std::size_t object_block_pointers = 50;
constexpr std::size_t object_last_block = 56;
constexpr std::size_t free_objects_first = 8;
constexpr std::size_t free_objects_count = 16;
constexpr std::size_t free_object = 8;
constexpr std::size_t free_offset = 16;
constexpr std::size_t free_bytes = 24;
constexpr std::size_t write_object = 8;
constexpr std::size_t write_type = 16;
constexpr std::size_t write_offset = 24;
constexpr std::size_t write_logical = 32;
constexpr std::size_t write_flags = 49;
constexpr std::size_t write_compression = 50;
constexpr std::size_t write_compressed = 96;
constexpr std::size_t spill_object = 8;
constexpr std::size_t spill_length = 16;
constexpr std::size_t spill_flags = 32;
constexpr std::size_t spill_compression = 33;
constexpr std::size_t spill_compressed = 40;
constexpr std::size_t spill_type = 84;
constexpr std::size_t range_first = 8;
constexpr std::size_t range_count = 16;
constexpr std::size_t range_flags = 68;
constexpr std::size_t embedded_object = 8;
constexpr std::size_t embedded_offset = 16;
constexpr std::size_t embedded_bytes = 24;
constexpr std::size_t embedded_compression = 40;
constexpr std::size_t embedded_kind = 41;
constexpr std::size_t embedded_decompressed = 48;
constexpr std::size_t embedded_size = 52;
}  // namespace at

constexpr std::uint64_t magic_number = 0x2F5bacbacULL;
constexpr std::uint32_t objset_filesystem = 2;  // DMU_OST_ZFS
constexpr std::uint32_t objset_volume = 3;      // DMU_OST_ZVOL
constexpr std::uint32_t flag_clone = 1;
constexpr std::uint32_t flag_spill_block = 8;  // the kernel takes no raw stream without it

constexpr std::uint64_t bit(unsigned number) { return std::uint64_t{1} << number; }

// Everything that `zfs send -w -L -c -e` and `-t` can set: system attributes' spill blocks (2), embedded data (16), LZ4
// (17), large blocks (19), resuming (20), compressed (22), large dnodes (23), raw (24), ZSTD (25), switch to large
// blocks (27), long names (28), large micro ZAPs (29).
constexpr std::uint64_t known_features = bit(2) | bit(16) | bit(17) | bit(19) | bit(20) | bit(22) | bit(23) | bit(24) |
                                         bit(25) | bit(27) | bit(28) | bit(29);

[[noreturn]] void invalid(const std::string& why) { throw Refused("invalid stream (" + why + ")"); }

template <typename Number>
void put(std::string& record, std::size_t offset, Number value) {
  std::memcpy(record.data() + offset, &value, sizeof value);
}

std::string record_of(RecordType type) {
  std::string record(record_bytes, '\0');
  put(record, at::type, static_cast<std::uint32_t>(type));
  return record;
}

void check_features(std::uint64_t features) {
  if ((features & bit(26)) != 0) throw Refused("the stream brings holds, which would keep snapshots here for ever");
  if ((features & bit(21)) != 0) throw Refused("the stream is redacted, so it is no backup");
  if ((features & ~known_features) != 0)
    throw Refused("the stream has features that are not known here (" + std::to_string(features & ~known_features) +
                  ")");
}

}  // namespace

BeginRecord parse_begin(std::string_view record) {
  BeginRecord begin;
  const auto magic = number_at<std::uint64_t>(record, at::magic);
  if (magic != magic_number && number_at<std::uint64_t>(record, at::magic, true) == magic_number)
    throw Refused("the stream is of a machine of the other byte order, and only plain zfs receive takes such");
  if (magic != magic_number) invalid("bad magic number");
  if (number_at<std::uint32_t>(record, at::type) != static_cast<std::uint32_t>(RecordType::begin))
    invalid("it does not begin with a beginning");

  const auto version = number_at<std::uint64_t>(record, at::version);
  const std::uint64_t header_type = version & 3;
  if (header_type != 1 && header_type != 2) invalid("neither of one dataset nor of several");
  begin.compound = header_type == 2;
  begin.features = version >> 2;
  check_features(begin.features);
  begin.payload = number_at<std::uint32_t>(record, at::payload);

  if (!begin.compound) {
    const auto type = number_at<std::uint32_t>(record, at::objset_type);
    if (type != objset_filesystem && type != objset_volume) invalid("neither of a file system nor of a volume");
    begin.is_volume = type == objset_volume;
    if (begin.payload > largest_payload) invalid("too large a payload at its beginning");
  }
  begin.is_clone = (number_at<std::uint32_t>(record, at::flags) & flag_clone) != 0;
  begin.to_guid = number_at<std::uint64_t>(record, at::to_guid);
  begin.from_guid = number_at<std::uint64_t>(record, at::from_guid);

  const std::string_view field = record.substr(at::to_name);
  const std::size_t end = field.find('\0');
  if (end == std::string_view::npos) invalid("bad snapshot name");
  const std::string_view name = field.substr(0, end);
  const std::size_t separator = name.find('@');
  if (separator == std::string_view::npos) invalid("bad snapshot name");
  begin.dataset = name.substr(0, separator);
  begin.snapshot = name.substr(separator + 1);
  if (dataset_name_error(begin.dataset) || snapshot_name_error(begin.snapshot)) invalid("bad snapshot name");
  return begin;
}

std::string write_begin(const BeginRecord& begin) {
  std::string record = record_of(RecordType::begin);
  put(record, at::payload, begin.payload);
  put(record, at::magic, magic_number);
  put(record, at::version, begin.features << 2U | std::uint64_t{begin.compound ? 2U : 1U});
  if (!begin.compound) put(record, at::objset_type, begin.is_volume ? objset_volume : objset_filesystem);
  const bool needs_spill_flag = !begin.compound && (begin.features & feature_raw) != 0;
  put(record, at::flags, (begin.is_clone ? flag_clone : 0U) | (needs_spill_flag ? flag_spill_block : 0U));
  put(record, at::to_guid, begin.to_guid);
  put(record, at::from_guid, begin.from_guid);
  const std::string name = begin.dataset + "@" + begin.snapshot;  // checked to be 255 bytes at most
  name.copy(record.data() + at::to_name, record_bytes - at::to_name - 1);
  return record;
}

std::string write_end(const Fletcher4& checksum) {
  std::string record = record_of(RecordType::end);
  put(record, at::end_checksum, checksum);
  return record;
}

std::string write_nothing() { return record_of(RecordType::free_objects); }

bool is_end(std::string_view record) {
  return number_at<std::uint32_t>(record, at::type) == static_cast<std::uint32_t>(RecordType::end);
}

RecordType record_type(std::string_view record) {
  const auto type = static_cast<RecordType>(number_at<std::uint32_t>(record, at::type));
  switch (type) {
    case RecordType::object:
    case RecordType::free_objects:
    case RecordType::write:
    case RecordType::free:
    case RecordType::end:
    case RecordType::spill:
    case RecordType::write_embedded:
    case RecordType::object_range:
      return type;
    case RecordType::begin:
      break;
  }
  invalid("a record of an unknown type");
}

ObjectRecord parse_object(std::string_view record) {
  ObjectRecord object;
  object.number = number_at<std::uint64_t>(record, at::object_number);
  object.type = number_at<std::uint32_t>(record, at::object_type);
  object.bonus_type = number_at<std::uint32_t>(record, at::object_bonus_type);
  object.block_size = number_at<std::uint32_t>(record, at::object_block_size);
  object.bonus_bytes = number_at<std::uint32_t>(record, at::object_bonus);
  object.checksum = number_at<std::uint8_t>(record, at::object_checksum);
  object.compression = number_at<std::uint8_t>(record, at::object_compression);
  object.slots = number_at<std::uint8_t>(record, at::object_slots);
  object.flags = number_at<std::uint8_t>(record, at::object_flags);
  object.raw_bonus_bytes = number_at<std::uint32_t>(record, at::object_raw_bonus);
  object.indirect_shift = number_at<std::uint8_t>(record, at::object_indirect_shift);
  object.levels = number_at<std::uint8_t>(record, at::object_levels);
  object.block_pointers = number_at<std::uint8_t>(record, at::object_block_pointers);
  object.last_block = number_at<std::uint64_t>(record, at::object_last_block);
  return object;
}

FreeObjectsRecord parse_free_objects(std::string_view record) {
  return {number_at<std::uint64_t>(record, at::free_objects_first),
          number_at<std::uint64_t>(record, at::free_objects_count)};
}

FreeRecord parse_free(std::string_view record) {
  return {number_at<std::uint64_t>(record, at::free_object), number_at<std::uint64_t>(record, at::free_offset),
          number_at<std::uint64_t>(record, at::free_bytes)};
}

WriteRecord parse_write(std::string_view record) {
  WriteRecord write;
  write.object = number_at<std::uint64_t>(record, at::write_object);
  write.type = number_at<std::uint32_t>(record, at::write_type);
  write.offset = number_at<std::uint64_t>(record, at::write_offset);
  write.bytes = number_at<std::uint64_t>(record, at::write_logical);
  write.flags = number_at<std::uint8_t>(record, at::write_flags);
  write.compression = number_at<std::uint8_t>(record, at::write_compression);
  write.compressed = number_at<std::uint64_t>(record, at::write_compressed);
  return write;
}

EmbeddedRecord parse_embedded(std::string_view record) {
  EmbeddedRecord embedded;
  embedded.object = number_at<std::uint64_t>(record, at::embedded_object);
  embedded.offset = number_at<std::uint64_t>(record, at::embedded_offset);
  embedded.bytes = number_at<std::uint64_t>(record, at::embedded_bytes);
  embedded.compression = number_at<std::uint8_t>(record, at::embedded_compression);
  embedded.kind = number_at<std::uint8_t>(record, at::embedded_kind);
  embedded.decompressed_size = number_at<std::uint32_t>(record, at::embedded_decompressed);
  embedded.payload_size = number_at<std::uint32_t>(record, at::embedded_size);
  return embedded;
}

SpillRecord parse_spill(std::string_view record) {
  SpillRecord spill;
  spill.object = number_at<std::uint64_t>(record, at::spill_object);
  spill.bytes = number_at<std::uint64_t>(record, at::spill_length);
  spill.flags = number_at<std::uint8_t>(record, at::spill_flags);
  spill.compression = number_at<std::uint8_t>(record, at::spill_compression);
  spill.compressed = number_at<std::uint64_t>(record, at::spill_compressed);
  spill.type = number_at<std::uint32_t>(record, at::spill_type);
  return spill;
}

ObjectRangeRecord parse_object_range(std::string_view record) {
  return {number_at<std::uint64_t>(record, at::range_first), number_at<std::uint64_t>(record, at::range_count),
          number_at<std::uint8_t>(record, at::range_flags)};
}

std::uint64_t payload_bytes(std::string_view record) {
  const auto rounded = [](std::uint64_t bytes) { return (bytes + 7) & ~std::uint64_t{7}; };
  std::uint64_t bytes = 0;
  switch (record_type(record)) {
    case RecordType::object: {
      const auto raw = number_at<std::uint32_t>(record, at::object_raw_bonus);
      bytes = raw != 0 ? raw : rounded(number_at<std::uint32_t>(record, at::object_bonus));
      break;
    }
    case RecordType::write: {
      const bool compressed = record[at::write_compression] != 0;
      bytes = number_at<std::uint64_t>(record, compressed ? at::write_compressed : at::write_logical);
      break;
    }
    case RecordType::spill: {
      const auto compressed = number_at<std::uint64_t>(record, at::spill_compressed);
      bytes = compressed != 0 ? compressed : number_at<std::uint64_t>(record, at::spill_length);
      break;
    }
    case RecordType::write_embedded:
      bytes = rounded(number_at<std::uint32_t>(record, at::embedded_size));
      break;
    default:
      break;
  }
  if (bytes > largest_payload) invalid("a record larger than any block");
  return bytes;
}

}  // namespace czb::receiver
