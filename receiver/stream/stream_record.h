// SPDX-License-Identifier: MIT
// The records that a replication stream is made of: struct dmu_replay_record of OpenZFS, include/sys/zfs_ioctl.h, 312
// bytes each in the byte order of the sender, some followed by a payload. Only what a receiver has to know to see
// where one dataset's stream begins and ends.
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
inline constexpr std::uint64_t feature_resuming = 1U << 20;
inline constexpr std::uint64_t feature_raw = 1U << 24;

// Where a stream begins: of one dataset (a substream), or of a package of them (a compound stream).
struct BeginRecord {
  bool swapped = false;  // the sender's byte order is not ours
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

// The record again, in this host's byte order, whatever `begin.swapped` is; what BeginRecord does not hold is zero.
std::string write_begin(const BeginRecord& begin);

// An end, and a record without data for in between (it frees no object), in this host's byte order.
std::string write_end(const Fletcher4& checksum = {});
std::string write_nothing();

// Whether this is the end of a package, in whichever byte order: zfs receive takes both.
bool is_end(std::string_view record);

// The type of a record within a stream, in the byte order of the stream's beginning. Throws Refused for a beginning,
// and for a type that is none or stands for what cyber-zfs-backup never sends.
RecordType record_type(std::string_view record, bool swapped);

// Which object a record of RecordType::object makes or changes, its type (DMU_OT_*) and its shape.
struct ObjectRecord {
  std::uint64_t number = 0;
  std::uint32_t type = 0;
  std::uint32_t bonus_type = 0;
  std::uint32_t block_size = 0;
  std::uint32_t bonus_bytes = 0;
  std::uint8_t slots = 0;  // of dnodes; 0 is one
  std::uint8_t flags = 0;
  // Of raw streams alone.
  std::uint32_t raw_bonus_bytes = 0;
  std::uint8_t indirect_shift = 0;  // log2 of the size of its indirect blocks
  std::uint8_t levels = 0;
  std::uint64_t last_block = 0;
};
ObjectRecord parse_object(std::string_view record, bool swapped);

// Objects that are freed: so many from the first.
struct FreeObjectsRecord {
  std::uint64_t first = 0;
  std::uint64_t count = 0;
};
FreeObjectsRecord parse_free_objects(std::string_view record, bool swapped);

// A part of an object that is freed; `bytes` of all ones: to its end.
struct FreeRecord {
  std::uint64_t object = 0;
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;
};
FreeRecord parse_free(std::string_view record, bool swapped);

// A block; its payload is what the block holds, or that compressed (ZIO_COMPRESS_*).
struct WriteRecord {
  std::uint64_t object = 0;
  std::uint32_t type = 0;  // of the object: says how the kernel turns its bytes round
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;  // of the block
  std::uint8_t flags = 0;
  std::uint8_t compression = 0;
};
// In WriteRecord::flags: of a raw stream, the block is not in the stream's byte order.
inline constexpr std::uint8_t write_is_swapped = 2;
WriteRecord parse_write(std::string_view record, bool swapped);

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
EmbeddedRecord parse_embedded(std::string_view record, bool swapped);

// The object that a record of RecordType::spill is of.
std::uint64_t spilled_object(std::string_view record, bool swapped);

// The bytes that follow such a record, as zfs receive reads them. Throws Refused for more than largest_payload.
std::uint64_t payload_bytes(std::string_view record, bool swapped);

}  // namespace czb::receiver
