// SPDX-License-Identifier: MIT
// The records that a replication stream is made of: struct dmu_replay_record of OpenZFS, include/sys/zfs_ioctl.h, 312
// bytes each in this host's byte order, some followed by a payload.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "receiver/stream/fletcher4.h"

namespace czb::receiver {

inline constexpr std::size_t record_bytes = 312;
// Of one record: SPA_MAXBLOCKSIZE, the largest block there is.
inline constexpr std::uint64_t largest_payload = std::uint64_t{16} << 20;

enum class RecordType : std::uint32_t {
  begin = 0,
  object = 1,
  free_objects = 2,
  write = 3,
  free = 4,
  end = 5,
  spill = 7,
  write_embedded = 8,
  object_range = 9,
};

// Flags in BeginRecord::features (DMU_BACKUP_FEATURE_*).
inline constexpr std::uint64_t feature_spill = 1U << 2;
inline constexpr std::uint64_t feature_embedded = 1U << 16;
inline constexpr std::uint64_t feature_large_blocks = 1U << 19;
inline constexpr std::uint64_t feature_resuming = 1U << 20;
inline constexpr std::uint64_t feature_compressed = 1U << 22;
inline constexpr std::uint64_t feature_large_dnodes = 1U << 23;
inline constexpr std::uint64_t feature_raw = 1U << 24;
inline constexpr std::uint64_t feature_zstd = 1U << 25;

// Where a stream begins: of one dataset (a substream), or of a package of them (a compound stream).
struct BeginRecord {
  bool compound = false;
  std::uint64_t features = 0;
  std::uint32_t payload = 0;  // bytes that follow the record
  bool is_volume = false;     // of a substream
  bool is_clone = false;      // it builds on a snapshot of another dataset
  std::uint64_t to_guid = 0;
  std::uint64_t from_guid = 0;  // 0: in full
  std::string dataset;          // at the sender
  std::string snapshot;
};

// `record`: record_bytes. Throws Refused when it is no beginning of a stream, is damaged, or has a feature that
// cyber-zfs-backup never sends: holds, redacted or deduplicated streams, and what nobody knows yet.
BeginRecord parse_begin(std::string_view record);

// The record again; what BeginRecord does not hold is zero.
std::string write_begin(const BeginRecord& begin);

// An end, and a record without data for in between (it frees no object).
std::string write_end(const Fletcher4& checksum = {});
std::string write_nothing();

// Whether this is the end of a package.
bool is_end(std::string_view record);

// The type of a record within a stream. Throws Refused for a beginning,
// and for a type that is none or stands for what cyber-zfs-backup never sends.
RecordType record_type(std::string_view record);

// Which object a record of RecordType::object makes or changes, its type (DMU_OT_*) and its shape.
struct ObjectRecord {
  std::uint64_t number = 0;
  std::uint32_t type = 0;
  std::uint32_t bonus_type = 0;
  std::uint32_t block_size = 0;
  std::uint32_t bonus_bytes = 0;
  std::uint8_t checksum = 0;
  std::uint8_t compression = 0;
  std::uint8_t slots = 0;  // of dnodes; 0 is one
  std::uint8_t flags = 0;
  // Of raw streams alone.
  std::uint32_t raw_bonus_bytes = 0;
  std::uint8_t indirect_shift = 0;  // log2 of the size of its indirect blocks
  std::uint8_t levels = 0;
  std::uint8_t block_pointers = 0;
  std::uint64_t last_block = 0;
};
// In ObjectRecord::flags; the first of raw streams alone, and of their ranges.
inline constexpr std::uint8_t object_is_swapped = 2;
inline constexpr std::uint8_t object_has_spill = 4;
ObjectRecord parse_object(std::string_view record);

// Objects that are freed: so many from the first.
struct FreeObjectsRecord {
  std::uint64_t first = 0;
  std::uint64_t count = 0;
};
FreeObjectsRecord parse_free_objects(std::string_view record);

// A part of an object that is freed; `bytes` of all ones: to its end.
struct FreeRecord {
  std::uint64_t object = 0;
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;
};
FreeRecord parse_free(std::string_view record);

// A block; its payload is what the block holds, or that compressed (ZIO_COMPRESS_*).
struct WriteRecord {
  std::uint64_t object = 0;
  std::uint32_t type = 0;  // of the object
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;  // of the block
  std::uint8_t flags = 0;
  std::uint8_t compression = 0;
  std::uint64_t compressed = 0;  // bytes, where it is
};
// In WriteRecord::flags: a checksum by which blocks may be told apart; of a raw stream, the block is not in the
// stream's byte order.
inline constexpr std::uint8_t write_is_distinct = 1;
inline constexpr std::uint8_t write_is_swapped = 2;
WriteRecord parse_write(std::string_view record);

// A block so small, compressed, that it lies in the pointer to it.
struct EmbeddedRecord {
  std::uint64_t object = 0;
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;  // of the block
  std::uint8_t compression = 0;
  std::uint8_t kind = 0;                // BP_EMBEDDED_TYPE_*
  std::uint32_t decompressed_size = 0;  // of the payload
  std::uint32_t payload_size = 0;       // without what fills it up
};
EmbeddedRecord parse_embedded(std::string_view record);

// Attributes of an object that its bonus has no room for.
struct SpillRecord {
  std::uint64_t object = 0;
  std::uint64_t bytes = 0;
  std::uint8_t flags = 0;
  // Of raw streams alone.
  std::uint8_t compression = 0;
  std::uint64_t compressed = 0;
  std::uint32_t type = 0;
};
// In SpillRecord::flags.
inline constexpr std::uint8_t spill_is_swapped = 2;
inline constexpr std::uint8_t spill_is_unmodified = 4;
SpillRecord parse_spill(std::string_view record);

// Of raw streams: the objects that follow lie in this block of them.
struct ObjectRangeRecord {
  std::uint64_t first = 0;
  std::uint64_t count = 0;
  std::uint8_t flags = 0;  // object_is_swapped
};
ObjectRangeRecord parse_object_range(std::string_view record);

// The bytes that follow such a record, as zfs receive reads them. Throws Refused for more than largest_payload.
std::uint64_t payload_bytes(std::string_view record);

}  // namespace czb::receiver
